package freshrank

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// service is what of a compose service is checked.
type service struct {
	Image       string
	Build       struct{ Dockerfile string }
	Command     []string
	Environment map[string]string
	Ports       []string
	NetworkMode string `yaml:"network_mode"`
	Volumes     []string
	Healthcheck struct{ Test []string }
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
}

func compose(t *testing.T) map[string]service {
	t.Helper()
	text, err := os.ReadFile("docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Services map[string]service }
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file.Services
}

// TestComposeCommands asks the real binary: does it know every command, option
// and value that docker-compose.yml gives it?
func TestComposeCommands(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "freshrank")
	if out, err := exec.Command("go", "build", "-o", binary, "./cmd/freshrank").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	ours := 0
	for name, s := range compose(t) {
		if s.Image != "freshrank" {
			continue
		}
		ours++
		if out, err := exec.Command(binary, append(s.Command, "--help")...).CombinedOutput(); err != nil {
			t.Errorf("%s: command %q: %v\n%s", name, s.Command, err, out)
		}
		check := exec.Command(binary, "config", "check")
		for option, value := range s.Environment {
			check.Env = append(check.Env, option+"="+variable.ReplaceAllString(value, "secret"))
		}
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: environment: %v\n%s", name, err, out)
		}
		if _, err := os.Stat(s.Build.Dockerfile); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if ours < 4 {
		t.Errorf("%d services of ours, want migrate, batch, speed, serve", ours)
	}
}

// variable is a value that compose takes from .env. It has no default.
var variable = regexp.MustCompile(`\$\{[A-Z_]+:\?[^}]*\}`)

// TestComposeIsClosed: nothing is published beyond the host, every password is the user's
// own, and only an API that is not published asks for no key.
func TestComposeIsClosed(t *testing.T) {
	image, err := os.ReadFile("deploy/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(image), allowAnonymous) {
		t.Errorf("the image sets %s for whoever runs it", allowAnonymous)
	}
	for name, s := range compose(t) {
		if s.NetworkMode != "" {
			t.Errorf("%s: network mode %s goes around what is published", name, s.NetworkMode)
		}
		if _, ok := s.Environment[allowAnonymous]; ok && !(len(s.Ports) == 1 && strings.HasPrefix(s.Ports[0], "127.0.0.1:")) {
			t.Errorf("%s sets %s and publishes %q", name, allowAnonymous, s.Ports)
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s: port %s is published on every interface", name, port)
			}
		}
		for key, value := range s.Environment {
			secret := strings.Contains(key, "PASSWORD") || strings.Contains(value, "postgres://")
			if secret && !variable.MatchString(value) {
				t.Errorf("%s: %s holds a password of its own: %s", name, key, value)
			}
		}
		if len(s.Healthcheck.Test) == 0 && name != "migrate" {
			t.Errorf("%s has no health check", name)
		}
	}
}

// allowAnonymous opens the API to whoever reaches it.
const allowAnonymous = "FRESHRANK_ALLOW_ANONYMOUS"

func TestComposeReferences(t *testing.T) {
	services := compose(t)
	for name, s := range services {
		for other := range s.DependsOn {
			if _, ok := services[other]; !ok {
				t.Errorf("%s depends on %s, which does not exist", name, other)
			}
		}
		for _, v := range s.Volumes {
			if source, _, _ := strings.Cut(v, ":"); strings.HasPrefix(source, ".") {
				if _, err := os.Stat(source); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
	for _, layer := range []string{"batch", "speed"} {
		if !slices.Contains(services[layer].Volumes, "data:/data") {
			t.Errorf("%s does not see the data folder that batch and speed share", layer)
		}
	}
	// The tests and the deployment mean the same Kafka.
	pom, err := os.ReadFile("deploy/kafka-test/pom.xml")
	if err != nil {
		t.Fatal(err)
	}
	_, version, _ := strings.Cut(services["kafka"].Image, ":")
	if !strings.Contains(string(pom), "<kafka.version>"+version+"</kafka.version>") {
		t.Errorf("docker-compose.yml runs Kafka %s, deploy/kafka-test/pom.xml another one", version)
	}
}
