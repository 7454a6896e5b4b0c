package clients

import (
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
)

// events answers with a stream of events, each of which says its type.
func events(list ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		for _, e := range list {
			kind, _, _ := strings.Cut(strings.TrimPrefix(e, `{"type":"`), `"`)
			_, _ = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", kind, e)
		}
	}
}

// forbidding turns a 401, which an agent would try again for minutes, into a 403.
func forbidding(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		h(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		if answer.Code == http.StatusUnauthorized {
			answer.Code = http.StatusForbidden
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}
}

// tryClaudeCode asks a model, which says what this test has it say.
func tryClaudeCode(c *client) {
	says := events(
		`{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"the model answers"}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1}}`,
		`{"type":"message_stop"}`)
	address := c.serve(forbidding(behind("X-Api-Key", "sk-ant-right", says)))
	c.env = append(c.env, "ANTHROPIC_BASE_URL=http://"+address, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "DISABLE_AUTOUPDATER=1",
		"ANTHROPIC_API_KEY=sk-ant-another") // which --for takes out
	c.opens("sk-ant-right", "sk-ant-wrong", "the model answers", "claude", "-p", "say it")
}

// tryCodex logs in, and then asks a model.
func tryCodex(c *client) {
	says := events(
		`{"type":"response.created","response":{"id":"r"}}`,
		`{"type":"response.output_item.done","item":{"type":"message","role":"assistant","id":"m","content":[{"type":"output_text","text":"the model answers"}]}}`,
		`{"type":"response.completed","response":{"id":"r","output":[],"usage":{"input_tokens":1,"input_tokens_details":null,"output_tokens":1,"output_tokens_details":null,"total_tokens":2}}}`)
	address := c.serve(forbidding(behind("Authorization", "Bearer sk-right", says)))
	c.env = append(c.env, "CODEX_HOME="+c.dir, "OPENAI_BASE_URL=http://"+address+"/v1")
	for _, key := range []string{"sk-right", "sk-wrong"} {
		if got := c.deliver(key, nil, "codex", "login"); got.code != 0 {
			c.Fatalf("--for codex -- codex login = %d, %q; want 0", got.code, got.out)
		}
		got := c.exec("codex", "exec", "--skip-git-repo-check", "say it")
		if in := got.code == 0 && strings.Contains(got.out, "the model answers"); in != (key == "sk-right") {
			c.Errorf("codex exec, logged in with %s = %d, %q; want an answer only with the right key", key, got.code, got.out)
		} else if !in {
			c.failed++
			c.Logf("codex exec, wrong secret: %d, %s", got.code, lastLine(got.out))
		}
	}
}

// tryGh logs in to api.github.com, as a proxy here has it.
func tryGh(c *client) {
	api := httptest.NewTLSServer(behind("Authorization", "token gho_right", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Oauth-Scopes", "repo, read:org, gist")
		_, _ = w.Write([]byte(`{"data":{"viewer":{"login":"me"}}}`))
	}))
	c.Cleanup(api.Close)
	proxy := c.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tunnel(w, r, api.Listener.Addr().String()) }))
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: api.Certificate().Raw}))
	c.env = append(c.env, "HTTPS_PROXY=http://"+proxy, "SSL_CERT_FILE="+c.file("ca.pem", certificate), "GH_CONFIG_DIR="+c.dir, "GH_NO_UPDATE_NOTIFIER=1")
	c.opensVia([]string{""}, "gho_right", "gho_wrong", "", "gh", "auth", "login", "--hostname", "example.com")
	if text := c.read("hosts.yml"); !strings.Contains(text, "gho_right") {
		c.Errorf("gh has written %q, want the token in it", text)
	}
}

// tunnel answers a CONNECT, whatever host it asks for.
func tunnel(w http.ResponseWriter, r *http.Request, to string) {
	there, err := net.Dial("tcp", to)
	if err != nil || r.Method != http.MethodConnect {
		http.Error(w, "no", http.StatusBadGateway)
		return
	}
	here, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = there.Close()
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		_, _ = io.Copy(there, buffered)
		_ = there.Close()
	}()
	_, _ = io.Copy(here, there)
	_ = here.Close()
}
