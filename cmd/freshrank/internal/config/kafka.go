package config

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// Kafka options say how connections to the brokers are secured.
type Kafka struct {
	KafkaTLS          bool   `name:"kafka-tls" help:"Speak TLS with the brokers."`
	KafkaCA           string `name:"kafka-ca" placeholder:"FILE" help:"Certificates that sign the brokers', PEM; the system's unless given."`
	KafkaCert         string `placeholder:"FILE" help:"Certificate by which to identify oneself to the brokers, PEM."`
	KafkaKey          string `placeholder:"FILE" help:"Private key of --kafka-cert, PEM."`
	KafkaSASL         string `name:"kafka-sasl" placeholder:"MECHANISM" help:"plain, scram-sha-256 or scram-sha-512; none unless given."`
	KafkaUser         string `placeholder:"NAME" help:"User of --kafka-sasl."`
	KafkaPassword     string `placeholder:"PASSWORD" secret:"all" help:"Its password. Others on this machine can see a command line: better in FRESHRANK_KAFKA_PASSWORD or in a file."`
	KafkaPasswordFile string `placeholder:"FILE" help:"File that holds the password; instead of --kafka-password."`
}

// Secured reports whether anything but plain connections is asked for.
func (k *Kafka) Secured() bool { return k.KafkaTLS || k.KafkaSASL != "" }

// Secure returns how to speak TLS with the brokers and how to identify oneself
// to them; nil: not at all. Files are read now.
func (k *Kafka) Secure() (*tls.Config, sasl.Mechanism, error) {
	t, err := k.tls()
	if err != nil {
		return nil, nil, err
	}
	m, err := k.sasl()
	return t, m, err
}

func (k *Kafka) tls() (*tls.Config, error) {
	if !k.KafkaTLS {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if k.KafkaCA != "" {
		text, err := os.ReadFile(k.KafkaCA)
		if err != nil {
			return nil, fmt.Errorf("kafka-ca %s: cannot be read (%w); name a readable PEM file", k.KafkaCA, err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("kafka-ca %s: holds no certificate; name a PEM file", k.KafkaCA)
		}
	}
	if k.KafkaCert != "" {
		pair, err := tls.LoadX509KeyPair(k.KafkaCert, k.KafkaKey)
		if err != nil {
			return nil, fmt.Errorf("kafka-cert %s, kafka-key %s: %w", k.KafkaCert, k.KafkaKey, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

func (k *Kafka) sasl() (sasl.Mechanism, error) {
	switch k.KafkaSASL {
	case "plain":
		return plain.Mechanism{Username: k.KafkaUser, Password: k.KafkaPassword}, nil
	case "scram-sha-256":
		return k.scram(scram.SHA256)
	case "scram-sha-512":
		return k.scram(scram.SHA512)
	}
	return nil, nil
}

// scram's own error may repeat the password.
func (k *Kafka) scram(a scram.Algorithm) (sasl.Mechanism, error) {
	m, err := scram.Mechanism(a, k.KafkaUser, k.KafkaPassword)
	if err != nil {
		return nil, fmt.Errorf("kafka-sasl %s: user or password has characters that it has no form for (SASLprep)", k.KafkaSASL)
	}
	return m, nil
}

func (k *Kafka) faults() []string {
	var l list
	l.fromFile(&k.KafkaPassword, "kafka-password", k.KafkaPasswordFile, "password")
	l.must(oneOf(k.KafkaSASL, "", "plain", "scram-sha-256", "scram-sha-512"), "kafka-sasl", k.KafkaSASL, "must be plain, scram-sha-256 or scram-sha-512")
	l.must(k.KafkaSASL == "" || k.KafkaUser != "" && k.KafkaPassword != "", "kafka-sasl", k.KafkaSASL, "needs --kafka-user and a password")
	l.must(k.KafkaSASL != "" || k.KafkaUser == "" && k.KafkaPassword == "", "kafka-user", k.KafkaUser, "and kafka-password need --kafka-sasl")
	l.must(k.KafkaSASL != "plain" || k.KafkaTLS, "kafka-sasl", k.KafkaSASL, "sends the password as it is: needs --kafka-tls")
	l.must(k.KafkaTLS || k.KafkaCA == "" && k.KafkaCert == "" && k.KafkaKey == "", "kafka-ca", fmt.Sprintf("%q, kafka-cert %q, kafka-key %q", k.KafkaCA, k.KafkaCert, k.KafkaKey), "need --kafka-tls")
	l.must((k.KafkaCert == "") == (k.KafkaKey == ""), "kafka-cert", fmt.Sprintf("%q and kafka-key %q", k.KafkaCert, k.KafkaKey), "must be given together")
	if _, _, err := k.Secure(); err != nil && len(l) == 0 {
		l = append(l, err.Error())
	}
	return l
}
