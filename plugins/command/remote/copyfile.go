package remote

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyFile is the deprecated resource command:remote:CopyFile; CopyToRemote supersedes it. Any change replaces the resource.
type CopyFile struct{}

// Annotate implements infer.Annotated.
func (c *CopyFile) Annotate(a infer.Annotator) {
	a.Describe(&c, "Copies a file to a host, over SSH. Deleting the resource leaves the copy.")
	a.Deprecate(&c, "This resource is deprecated. Use `CopyToRemote` instead.")
}

// CopyFileInputs are the resource's inputs.
type CopyFileInputs struct {
	Connection *Connection `pulumi:"connection" provider:"secret"`
	Triggers   *[]any      `pulumi:"triggers,optional"`
	LocalPath  string      `pulumi:"localPath"`
	RemotePath string      `pulumi:"remotePath"`
}

// Annotate implements infer.Annotated.
func (i *CopyFileInputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Connection, "How the host is reached.")
	a.Describe(&i.Triggers, "Values of any type. A change of any of them copies again.")
	a.Describe(&i.LocalPath, "The file.")
	a.Describe(&i.RemotePath, "Where to, with the file's name, in a folder that exists.")
}

// CopyFileOutputs are the resource's state.
type CopyFileOutputs struct {
	CopyFileInputs
}

// Create implements infer.CustomCreate.
func (*CopyFile) Create(
	ctx context.Context, req infer.CreateRequest[CopyFileInputs],
) (infer.CreateResponse[CopyFileOutputs], error) {
	response := infer.CreateResponse[CopyFileOutputs]{Output: CopyFileOutputs{req.Inputs}}
	if req.DryRun {
		return response, nil
	}
	host, err := openFiles(ctx, req.Inputs.Connection)
	if err != nil {
		return response, err
	}
	defer host.close()
	if err := host.copyFile(req.Inputs.LocalPath, req.Inputs.RemotePath); err != nil {
		return response, err
	}
	response.ID, err = resource.NewUniqueHex("", 8, 0)
	return response, err
}
