package local

import (
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// collect sets the outputs to the files that match the inputs' globs.
func collect(dir string, in BaseInputs, out *BaseOutputs) error {
	if in.AssetPaths != nil {
		found, err := matches(dir, *in.AssetPaths)
		if err != nil {
			return err
		}
		assets := map[string]*types.AssetOrArchive{}
		for name, asset := range found {
			assets[name] = &types.AssetOrArchive{Asset: asset}
		}
		out.Assets = &assets
	}
	if in.ArchivePaths != nil {
		found, err := matches(dir, *in.ArchivePaths)
		if err != nil {
			return err
		}
		members := map[string]any{}
		for name, asset := range found {
			members[name] = asset
		}
		if out.Archive, err = resource.NewAssetArchive(members); err != nil {
			return err
		}
	}
	return nil
}

type rule struct {
	glob.Glob
	exclude bool
}

func parse(patterns []string) ([]rule, error) {
	var rules []rule
	for _, pattern := range patterns {
		pattern, exclude := strings.CutPrefix(pattern, "!")
		compiled, err := glob.Compile(pattern, '/')
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule{compiled, exclude})
	}
	return rules, nil
}

// matches returns the files below dir, by relative path, whose last matching rule isn't an exclusion.
func matches(dir string, patterns []string) (map[string]*resource.Asset, error) {
	rules, err := parse(patterns)
	if err != nil {
		return nil, err
	}
	found := map[string]*resource.Asset{}
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		wanted := false
		for _, rule := range rules {
			if rule.Match(name) {
				wanted = !rule.exclude
			}
		}
		if wanted {
			found[name], err = resource.NewPathAsset(path.Join(dir, name))
		}
		return err
	})
	return found, err
}
