package remote

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyToRemote is the resource command:remote:CopyToRemote.
type CopyToRemote struct{}

// Annotate implements infer.Annotated.
func (c *CopyToRemote) Annotate(a infer.Annotator) {
	a.Describe(&c, "Copies a file (`FileAsset`), a text (`StringAsset`), or a folder or archive file (`FileArchive`) "+
		"to a host, over SSH. Deleting the resource leaves the copy.")
}

// CopyToRemoteInputs are the resource's inputs.
type CopyToRemoteInputs struct {
	Connection *Connection          `pulumi:"connection"        provider:"secret"`
	Triggers   *[]any               `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Source     types.AssetOrArchive `pulumi:"source"`
	RemotePath string               `pulumi:"remotePath"`
}

// Annotate implements infer.Annotated.
func (i *CopyToRemoteInputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Connection, "How the host is reached.")
	a.Describe(&i.Triggers, "Values of any type. A change of any of them replaces the resource, and so copies again.")
	a.Describe(&i.Source, "What is copied, as it is: archive files are not unpacked, folders go with all that is in them.")
	a.Describe(&i.RemotePath, "Where to. Missing folders above it are created. A file overwrites a file and goes into a "+
		"folder that exists. A folder goes into this one; with a `/` at the end of its path, only its contents do.")
}

// CopyToRemoteOutputs are the resource's state.
type CopyToRemoteOutputs struct {
	CopyToRemoteInputs
}

// Check implements infer.CustomCheck. It refuses sources that can't be copied.
func (*CopyToRemote) Check(
	ctx context.Context, req infer.CheckRequest,
) (infer.CheckResponse[CopyToRemoteInputs], error) {
	inputs, failures, err := infer.DefaultCheck[CopyToRemoteInputs](ctx, req.NewInputs)
	if err == nil {
		failures = append(failures, checkSource(inputs.Source)...)
	}
	return infer.CheckResponse[CopyToRemoteInputs]{Inputs: inputs, Failures: failures}, err
}

func checkSource(source types.AssetOrArchive) []p.CheckFailure {
	asset, archive := source.Asset, source.Archive
	switch {
	case asset == nil && archive == nil:
		return []p.CheckFailure{{Property: "asset", Reason: "either an asset or an archive must be set"}}
	case asset != nil && !asset.IsPath() && !asset.IsText():
		return []p.CheckFailure{{Property: "asset", Reason: "the asset must be a file or a text"}}
	case archive != nil && !archive.IsPath():
		return []p.CheckFailure{{Property: "archive", Reason: "the archive must be the path of a file or a folder"}}
	}
	return nil
}

// Create implements infer.CustomCreate.
func (*CopyToRemote) Create(
	ctx context.Context, req infer.CreateRequest[CopyToRemoteInputs],
) (infer.CreateResponse[CopyToRemoteOutputs], error) {
	response := infer.CreateResponse[CopyToRemoteOutputs]{Output: CopyToRemoteOutputs{req.Inputs}}
	if req.DryRun {
		return response, nil
	}
	err := req.Inputs.copy(ctx)
	if err == nil {
		response.ID, err = resource.NewUniqueHex("", 8, 0)
	}
	return response, err
}

// Update implements infer.CustomUpdate. It copies again if the source or the path has changed; a new connection changes
// only the state.
func (*CopyToRemote) Update(
	ctx context.Context, req infer.UpdateRequest[CopyToRemoteInputs, CopyToRemoteOutputs],
) (infer.UpdateResponse[CopyToRemoteOutputs], error) {
	news, olds := req.Inputs, req.State.CopyToRemoteInputs
	var err error
	if !req.DryRun && (news.hash() != olds.hash() || news.RemotePath != olds.RemotePath) {
		err = news.copy(ctx)
	}
	return infer.UpdateResponse[CopyToRemoteOutputs]{Output: CopyToRemoteOutputs{news}}, err
}

func (i *CopyToRemoteInputs) hash() string {
	if i.Source.Archive != nil {
		return i.Source.Archive.Hash
	}
	return i.Source.Asset.Hash
}

func (i *CopyToRemoteInputs) copy(ctx context.Context) error {
	host, err := openFiles(ctx, i.Connection)
	if err != nil {
		return err
	}
	defer host.close()
	switch {
	case i.Source.Archive != nil:
		return host.copy(i.Source.Archive.Path, i.RemotePath)
	case i.Source.Asset.IsText():
		return host.writeText(i.Source.Asset.Text, i.RemotePath)
	default:
		return host.copy(i.Source.Asset.Path, i.RemotePath)
	}
}
