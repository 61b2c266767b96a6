package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// files accesses a host's files over SFTP.
type files struct {
	ssh  *ssh.Client
	sftp *sftp.Client
}

func openFiles(ctx context.Context, connection *Connection) (*files, error) {
	client, err := connection.Dial(ctx)
	if err != nil {
		return nil, err
	}
	// Concurrent writes are safe: each file is written anew as a whole, so that a failed write leaves no unnoticed hole.
	sftpClient, err := sftp.NewClient(client, sftp.UseConcurrentWrites(true))
	if err != nil {
		client.Close()
		return nil, err
	}
	return &files{client, sftpClient}, nil
}

func (f *files) close() {
	f.sftp.Close()
	f.ssh.Close()
}

// copy copies a local file or folder. The target depends on what dst is:
//
//	source   dst is a folder       dst isn't there    dst is a file
//	file     dst/file              dst                dst, overwritten
//	folder   dst/folder            dst/folder         error
//	folder/  its contents in dst   its contents       error
func (f *files) copy(src, dst string) error {
	local, err := os.Stat(src)
	if err != nil {
		return err
	}
	there, err := f.stat(dst)
	if err != nil {
		return err
	}
	intoFolder := there != nil && there.IsDir()
	switch {
	case local.IsDir():
		if there == nil {
			err = f.makeFolders(dst)
		}
		if err == nil && !strings.HasSuffix(src, "/") {
			dst = path.Join(dst, filepath.Base(src))
		}
		if err == nil {
			err = f.copyFolder(src, dst)
		}
		return err
	case intoFolder:
		dst = path.Join(dst, filepath.Base(src))
	case there == nil:
		if err := f.makeFolders(path.Dir(dst)); err != nil {
			return err
		}
	}
	return f.copyFile(src, dst)
}

// copyFolder copies a folder's contents. It overwrites files of the same name, and keeps others.
func (f *files) copyFolder(src, dst string) error {
	return fs.WalkDir(os.DirFS(src), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return f.makeFolder(path.Join(dst, name))
		}
		return f.copyFile(filepath.Join(src, name), path.Join(dst, name))
	})
}

func (f *files) copyFile(src, dst string) error {
	local, err := os.Open(src)
	if err != nil {
		return err
	}
	defer local.Close()
	if err := f.write(local, dst); err != nil {
		return fmt.Errorf("failed to copy %s to remote file %s: %w", src, dst, err)
	}
	return nil
}

func (f *files) writeText(text, dst string) error {
	there, err := f.stat(dst)
	if err != nil {
		return err
	}
	if there != nil && there.IsDir() {
		return fmt.Errorf("remote path %s is a directory, but a text has no file name: add one to remotePath", dst)
	}
	if err := f.makeFolders(path.Dir(dst)); err != nil {
		return err
	}
	if err := f.write(strings.NewReader(text), dst); err != nil {
		return fmt.Errorf("failed to write text to remote file %s: %w", dst, err)
	}
	return nil
}

func (f *files) write(src io.Reader, dst string) error {
	remote, err := f.sftp.Create(dst)
	if err != nil {
		return err
	}
	_, err = remote.ReadFrom(src)
	return errors.Join(err, remote.Close())
}

func (f *files) makeFolders(name string) error {
	if err := f.sftp.MkdirAll(name); err != nil {
		return fmt.Errorf("failed to create remote directory %s: %w", name, err)
	}
	return nil
}

func (f *files) makeFolder(name string) error {
	there, err := f.stat(name)
	if err != nil {
		return err
	}
	if there != nil {
		if there.IsDir() {
			return nil
		}
		return fmt.Errorf("remote path %s exists but is not a directory", name)
	}
	if err := f.sftp.Mkdir(name); err != nil {
		return fmt.Errorf("failed to create remote directory %s: %w", name, err)
	}
	return nil
}

// stat returns nil where the path doesn't exist.
func (f *files) stat(name string) (fs.FileInfo, error) {
	info, err := f.sftp.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("failed to stat remote path %s: %w", name, err)
	}
	return info, nil
}
