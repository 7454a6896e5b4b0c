package clients

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ascii is for what goes into a header, or an address.
const (
	ascii      = `Right"\:#\${HOME}' %s=&`
	asciiWrong = `Wrong"\:#\${HOME}' %s=&`
)

// serve answers on the loopback.
func (c *client) serve(h http.Handler) (address string) {
	c.Helper()
	s := httptest.NewServer(h)
	c.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

const greeting = "you are in\n"

func greet(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(greeting)) }

// behind lets in who sends that header.
func behind(header, value string, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(header) != value {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		h(w, r)
	}
}

// behindBasic asks for a name and a password, and lets in who knows them.
func behindBasic(user, password string, h http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); u != user || p != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="here"`)
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	}
}

// tryCurl: -q counts only as the first argument, and then .curlrc does not.
func tryCurl(c *client) {
	c.file(".curlrc", "proxy = http://127.0.0.1:9/\n")
	address := c.serve(behind("Authorization", "Bearer "+right, greet))
	c.opens(right, wrong, greeting, "curl", "-q", "-sS", "--fail", "http://"+address+"/")
}

func tryCurlUser(c *client) {
	address := c.serve(behindBasic("me", right, http.HandlerFunc(greet)))
	c.file(".curlrc", "proxy = http://127.0.0.1:9/\n")
	c.opens("me:"+right, "me:"+wrong, greeting, "curl", "-q", "-sS", "--fail", "http://"+address+"/")
}

func tryCurlHeader(c *client) {
	address := c.serve(behind("X-Api-Key", right, greet))
	c.file(".curlrc", "proxy = http://127.0.0.1:9/\n")
	c.opens("X-Api-Key: "+right, "X-Api-Key: "+wrong, greeting, "curl", "-q", "-sS", "--fail", "http://"+address+"/")
}

// tryWget: a pipe is what it cannot read.
func tryWget(c *client) {
	address := c.serve(behindBasic("me", right, http.HandlerFunc(greet)))
	line := []string{"wget", "-q", "-O", "-", "--user=me", "http://" + address + "/"}
	c.opensVia([]string{""}, right, wrong, greeting, line...)
	c.failsInPipe(right, line...)
}

// failsInPipe holds the table to what it says of a pipe: it takes another channel for a
// reason.
func (c *client) failsInPipe(secret string, argv ...string) {
	c.Helper()
	if got := c.deliver(secret, []string{"--via", "pipe"}, argv...); got.code == 0 {
		c.Errorf("--for %s --via pipe -- %q = 0, %q; want a failure: why does the table say via = \"memfd\"?", c.name, argv, got.out)
	}
}

// tryGit clones with the name that the address has, and with none. What its user has set up
// to keep passwords is not told this one.
func tryGit(c *client) {
	c.must("git", "init", "-q", "--bare", "repo.git")
	c.must("git", "-C", "repo.git", "update-server-info")
	c.must("git", "config", "--global", "credential.helper", "store")
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(c.must("git", "--exec-path")), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + c.dir, "GIT_HTTP_EXPORT_ALL=1", "HOME=" + c.dir},
	}
	c.env = append(c.env, "GIT_TERMINAL_PROMPT=0")
	for user, before := range map[string]string{"x-access-token": "", "me": "me@"} {
		address := c.serve(behindBasic(user, right, backend))
		c.opens(right, wrong, "", "git", "ls-remote", "http://"+before+address+"/repo.git")
	}
	if text, err := os.ReadFile(filepath.Join(c.dir, ".git-credentials")); err == nil {
		c.Errorf("git has written %q into .git-credentials, want nothing there", text)
	}
}

// tryNpm asks a registry who it is. Its name is that of the row; what answers is a proxy here.
func tryNpm(c *client) {
	proxy := c.serve(behind("Authorization", "Bearer "+ascii, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"username":"known to %s"}`, r.Host)
	}))
	c.env = append(c.env, "NPM_CONFIG_REGISTRY=http://registry.npmjs.org/", "NPM_CONFIG_PROXY=http://"+proxy+"/", "NPM_CONFIG_UPDATE_NOTIFIER=false",
		"NPM_CONFIG_CACHE="+filepath.Join(c.dir, "cache"), "NPM_CONFIG_FETCH_RETRIES=0")
	c.opens(ascii, asciiWrong, "known to registry.npmjs.org", "npm", "whoami")
}

// tryPip downloads a package.
func tryPip(c *client) {
	const wheel = "demo-1.0-py3-none-any.whl"
	files := http.NewServeMux()
	files.HandleFunc("/simple/demo/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><a href="/%s">%[1]s</a>`, wheel)
	})
	files.HandleFunc("/"+wheel, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(demoWheel(c)) })
	address := c.serve(behindBasic("me", "right@: password", files))
	c.env = append(c.env, "PIP_NO_INPUT=1", "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_CACHE_DIR=1", "PIP_RETRIES=0", "PIP_INDEX_URL=http://"+address+"/elsewhere")
	line := []string{"pip", "download", "-q", "--no-deps", "-d", "out", "demo"}
	good := "http://me:right%40%3A%20password@" + address + "/simple"
	c.opensVia([]string{""}, good, strings.Replace(good, "right", "wrong", 1), "", line...)
	c.failsInPipe(good, line...)
}

// demoWheel is a package with nothing in it.
func demoWheel(c *client) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range map[string]string{
		"demo-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
		"demo-1.0.dist-info/WHEEL":    "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		"demo-1.0.dist-info/RECORD":   "",
	} {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			c.Error(err)
		}
	}
	if err := w.Close(); err != nil {
		c.Error(err)
	}
	return out.Bytes()
}

// registry is as much of one of images as a login asks for.
func registry(c *client) (address string) {
	return c.serve(behindBasic("me", right, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
		_, _ = w.Write([]byte("{}"))
	})))
}

// tryDocker logs in, without a daemon.
func tryDocker(c *client) {
	c.env = append(c.env, "DOCKER_CONFIG="+c.dir, "DOCKER_HOST=unix://"+c.dir+"/none.sock")
	c.opensVia([]string{""}, right, wrong, "Login Succeeded", "docker", "login", "--username", "me", registry(c))
}

func trySkopeo(c *client) {
	c.opensVia([]string{""}, right, wrong, "Login Succeeded",
		"skopeo", "login", "--tls-verify=false", "--authfile", "auth.json", "--username", "me", registry(c))
}

// tryRclone lists a folder of a WebDAV server.
func tryRclone(c *client) {
	address := c.serve(behindBasic("me", right, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusMultiStatus)
		_, _ = w.Write([]byte(`<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">` + davEntry("/", "<d:collection/>") + davEntry("/listed.txt", "") + `</d:multistatus>`))
	})))
	conf := func(password string) string {
		cmd := exec.Command("rclone", "obscure", "-")
		cmd.Stdin = strings.NewReader(password)
		out, err := cmd.Output()
		if err != nil {
			c.Fatalf("rclone obscure: %v", err)
		}
		return "[here]\ntype = webdav\nurl = http://" + address + "/\nvendor = other\nuser = me\npass = " + string(out)
	}
	line := []string{"rclone", "--retries", "1", "--low-level-retries", "1", "lsf", "here:"}
	c.opensVia([]string{""}, conf(right), conf(wrong), "listed.txt", line...)
	c.failsInPipe(conf(right), line...)
}

func davEntry(path, kind string) string {
	return `<d:response><d:href>` + path + `</d:href><d:propstat><d:prop><d:resourcetype>` + kind + `</d:resourcetype><d:getcontentlength>1</d:getcontentlength></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`
}
