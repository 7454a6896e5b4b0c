package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"
)

// each calls put for what is in folder, in the order of names, which start with
// the folder's own. Of a mode only the execute bit counts: the others are the umask's.
func each(folder string, put func(name string, mode fs.FileMode, data []byte) error) error {
	return filepath.WalkDir(folder, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(folder, p)
		if err != nil {
			return err
		}
		name := path.Join(filepath.Base(folder), filepath.ToSlash(rel))
		if e.IsDir() {
			return put(name+"/", fs.ModeDir|0o755, nil)
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if info.Mode()&0o111 != 0 {
			mode = 0o755
		}
		return put(name, mode, data)
	})
}

func writeTar(w io.Writer, folder string, at time.Time) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	err = each(folder, func(name string, mode fs.FileMode, data []byte) error {
		h := &tar.Header{Format: tar.FormatUSTAR, Typeflag: tar.TypeReg, Name: name, Mode: int64(mode.Perm()),
			Size: int64(len(data)), ModTime: at, Uname: "root", Gname: "root"}
		if mode.IsDir() {
			h.Typeflag = tar.TypeDir
		}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		_, err := t.Write(data)
		return err
	})
	if err == nil {
		err = t.Close()
	}
	if err == nil {
		err = z.Close()
	}
	return err
}

func writeZip(w io.Writer, folder string, at time.Time) error {
	z := zip.NewWriter(w)
	err := each(folder, func(name string, mode fs.FileMode, data []byte) error {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at}
		h.SetMode(mode)
		if mode.IsDir() {
			h.Method = zip.Store
		}
		f, err := z.CreateHeader(h)
		if err != nil || mode.IsDir() {
			return err
		}
		_, err = f.Write(data)
		return err
	})
	if err != nil {
		return err
	}
	return z.Close()
}

// eachGzip replaces each file by FILE.gz, without name and time in its header (gzip -9n).
func eachGzip(names []string) error {
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		err = create(name+".gz", func(w io.Writer) error {
			z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
			if err == nil {
				_, err = z.Write(data)
			}
			if err == nil {
				err = z.Close()
			}
			return err
		})
		if err == nil {
			err = os.Remove(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeSums writes SHA256SUMS, as sha256sum does, for every file in folder.
func writeSums(folder string) error {
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	return create(filepath.Join(folder, "SHA256SUMS"), func(w io.Writer) error {
		for _, f := range files {
			if f.Name() == "SHA256SUMS" {
				continue
			}
			data, err := os.ReadFile(filepath.Join(folder, f.Name()))
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w, "%x  %s\n", sha256.Sum256(data), f.Name()); err != nil {
				return err
			}
		}
		return nil
	})
}
