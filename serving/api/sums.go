package api

import (
	"context"

	"freshrank/pagerank/link"
)

type hostInput struct {
	Host string `path:"host" doc:"A host name." example:"www.example.com"`
	Conditional
}

func (s *Server) hostSum(ctx context.Context, in *hostInput) (*tagged[Sum], error) {
	host, err := s.host(in.Host, "path.host")
	if err != nil {
		return nil, err
	}
	snap, sum, err := s.reader.Host(ctx, host)
	if err != nil {
		return nil, err
	}
	body := sumOf(&snap, sum)
	body.Host, body.Domain = host, link.DomainOf(host)
	if sum.Domain != "" {
		body.Domain = sum.Domain // by the list that the generation was made with
	}
	return tag(&snap, in.Conditional, &body), nil
}

type domainInput struct {
	Domain string `path:"domain" doc:"A registered domain." example:"example.com"`
	Conditional
}

func (s *Server) domainSum(ctx context.Context, in *domainInput) (*tagged[Sum], error) {
	domain, err := s.host(in.Domain, "path.domain")
	if err != nil {
		return nil, err
	}
	if of := link.DomainOf(domain); of != domain {
		return nil, refused(fault(&link.InvalidError{
			Field: "path.domain", Value: in.Domain,
			Fix: "is a host of the domain " + of + ": ask for /v1/domains/" + of + " or /v1/hosts/" + domain,
		}, ""))
	}
	snap, sum, err := s.reader.Domain(ctx, domain)
	if err != nil {
		return nil, err
	}
	body := sumOf(&snap, sum)
	body.Domain = domain
	return tag(&snap, in.Conditional, &body), nil
}
