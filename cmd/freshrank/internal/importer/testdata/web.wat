WARC/1.0
WARC-Type: warcinfo
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000100>
Content-Type: application/warc-fields
Content-Length: 53

Software-Info: a test
format: WARC File Format 1.0


WARC/1.0
WARC-Type: metadata
WARC-Target-URI: http://a.example/
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000101>
Content-Type: application/json
Content-Length: 492

{"Container":{"Filename":"web.warc.gz","Compressed":true},"Envelope":{"Format":"WARC/1.0","WARC-Header-Metadata":{"WARC-Type":"request","WARC-Date":"2024-05-18T01:58:01Z","WARC-Record-ID":"<urn:uuid:00000000-0000-4000-8000-000000000001>","WARC-Target-URI":"http://a.example/"},"Payload-Metadata":{"Actual-Content-Type":"application/http; msgtype=request","HTTP-Request-Metadata":{"Response-Message":{"Version":"HTTP/1.1","Status":"200","Reason":"x"},"Headers":{"Content-Type":"text/html"}}}}}

WARC/1.0
WARC-Type: metadata
WARC-Target-URI: http://a.example/
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000102>
Content-Type: application/json
Content-Length: 870

{"Container":{"Filename":"web.warc.gz","Compressed":true},"Envelope":{"Format":"WARC/1.0","WARC-Header-Metadata":{"WARC-Type":"response","WARC-Date":"2024-05-18T01:58:02Z","WARC-Record-ID":"<urn:uuid:00000000-0000-4000-8000-000000000002>","WARC-Target-URI":"http://a.example/"},"Payload-Metadata":{"Actual-Content-Type":"application/http; msgtype=response","HTTP-Response-Metadata":{"Response-Message":{"Version":"HTTP/1.1","Status":"200","Reason":"x"},"Headers":{"Content-Type":"text/html"},"HTML-Metadata":{"Head":{"Title":"a","Link":[{"path":"LINK@/href","url":"/style.css","rel":"stylesheet"}]},"Links":[{"path":"A@/href","url":"http://b.example/","text":"first"},{"path":"A@/href","url":"//c.example","rel":"noopener nofollow"},{"path":"IMG@/src","url":"/a.png"},{"path":"A@/href","url":"mailto:a@a.example"},{"path":"A@/href","url":"http://b.example/#again"}]}}}}}

WARC/1.0
WARC-Type: metadata
WARC-Target-URI: http://b.example/dir/page?q
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000103>
Content-Type: application/json
Content-Length: 714

{"Container":{"Filename":"web.warc.gz","Compressed":true},"Envelope":{"Format":"WARC/1.0","WARC-Header-Metadata":{"WARC-Type":"response","WARC-Date":"2024-05-18T01:58:03Z","WARC-Record-ID":"<urn:uuid:00000000-0000-4000-8000-000000000003>","WARC-Target-URI":"http://b.example/dir/page?q"},"Payload-Metadata":{"Actual-Content-Type":"application/http; msgtype=response","HTTP-Response-Metadata":{"Response-Message":{"Version":"HTTP/1.1","Status":"200","Reason":"x"},"Headers":{"Content-Type":"text/html"},"HTML-Metadata":{"Head":{"Base":"http://c.example/x/","Metas":[{"name":"generator","content":"none"}]},"Links":[{"path":"A@/href","url":"../y"},{"path":"A@/href","url":"?z"},{"path":"AREA@/href","url":"/w"}]}}}}}

WARC/1.0
WARC-Type: metadata
WARC-Target-URI: http://c.example/
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000104>
Content-Type: application/json
Content-Length: 649

{"Container":{"Filename":"web.warc.gz","Compressed":true},"Envelope":{"Format":"WARC/1.0","WARC-Header-Metadata":{"WARC-Type":"response","WARC-Date":"2024-05-18T01:58:04Z","WARC-Record-ID":"<urn:uuid:00000000-0000-4000-8000-000000000004>","WARC-Target-URI":"http://c.example/"},"Payload-Metadata":{"Actual-Content-Type":"application/http; msgtype=response","HTTP-Response-Metadata":{"Response-Message":{"Version":"HTTP/1.1","Status":"200","Reason":"x"},"Headers":{"Content-Type":"text/html"},"HTML-Metadata":{"Head":{"Metas":[{"name":"ROBOTS","content":"noindex, nofollow"}]},"Links":[{"path":"A@/href","url":"/in"},{"path":"A@/href","url":""}]}}}}}

WARC/1.0
WARC-Type: metadata
WARC-Target-URI: http://c.example/paper.pdf
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000105>
Content-Type: application/json
Content-Length: 510

{"Container":{"Filename":"web.warc.gz","Compressed":true},"Envelope":{"Format":"WARC/1.0","WARC-Header-Metadata":{"WARC-Type":"response","WARC-Date":"2024-05-18T01:58:05Z","WARC-Record-ID":"<urn:uuid:00000000-0000-4000-8000-000000000005>","WARC-Target-URI":"http://c.example/paper.pdf"},"Payload-Metadata":{"Actual-Content-Type":"application/http; msgtype=response","HTTP-Response-Metadata":{"Response-Message":{"Version":"HTTP/1.1","Status":"200","Reason":"x"},"Headers":{"Content-Type":"application/pdf"}}}}}

WARC/1.0
WARC-Type: metadata
WARC-Target-URI: http://d.example/old
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000106>
Content-Type: application/json
Content-Length: 489

{"Container":{"Filename":"web.warc.gz","Compressed":true},"Envelope":{"Format":"WARC/1.0","WARC-Header-Metadata":{"WARC-Type":"response","WARC-Date":"2024-05-18T01:58:06Z","WARC-Record-ID":"<urn:uuid:00000000-0000-4000-8000-000000000006>","WARC-Target-URI":"http://d.example/old"},"Payload-Metadata":{"Actual-Content-Type":"application/http; msgtype=response","HTTP-Response-Metadata":{"Response-Message":{"Version":"HTTP/1.1","Status":"301","Reason":"x"},"Headers":{"Location":"/new"}}}}}

WARC/1.0
WARC-Type: metadata
WARC-Target-URI: http://d.example/self
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000107>
Content-Type: application/json
Content-Length: 510

{"Container":{"Filename":"web.warc.gz","Compressed":true},"Envelope":{"Format":"WARC/1.0","WARC-Header-Metadata":{"WARC-Type":"response","WARC-Date":"2024-05-18T01:58:07Z","WARC-Record-ID":"<urn:uuid:00000000-0000-4000-8000-000000000007>","WARC-Target-URI":"http://d.example/self"},"Payload-Metadata":{"Actual-Content-Type":"application/http; msgtype=response","HTTP-Response-Metadata":{"Response-Message":{"Version":"HTTP/1.1","Status":"302","Reason":"x"},"Headers":{"Location":"http://D.example:80/self"}}}}}

WARC/1.0
WARC-Type: metadata
WARC-Target-URI: http://d.example/none
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000108>
Content-Type: application/json
Content-Length: 499

{"Container":{"Filename":"web.warc.gz","Compressed":true},"Envelope":{"Format":"WARC/1.0","WARC-Header-Metadata":{"WARC-Type":"response","WARC-Date":"2024-05-18T01:58:08Z","WARC-Record-ID":"<urn:uuid:00000000-0000-4000-8000-000000000008>","WARC-Target-URI":"http://d.example/none"},"Payload-Metadata":{"Actual-Content-Type":"application/http; msgtype=response","HTTP-Response-Metadata":{"Response-Message":{"Version":"HTTP/1.1","Status":"302","Reason":"x"},"Headers":{"Content-Type":"text/html"}}}}}

WARC/1.0
WARC-Type: metadata
WARC-Target-URI: http://e.example/gone
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000109>
Content-Type: application/json
Content-Length: 499

{"Container":{"Filename":"web.warc.gz","Compressed":true},"Envelope":{"Format":"WARC/1.0","WARC-Header-Metadata":{"WARC-Type":"response","WARC-Date":"2024-05-18T01:58:09Z","WARC-Record-ID":"<urn:uuid:00000000-0000-4000-8000-000000000009>","WARC-Target-URI":"http://e.example/gone"},"Payload-Metadata":{"Actual-Content-Type":"application/http; msgtype=response","HTTP-Response-Metadata":{"Response-Message":{"Version":"HTTP/1.1","Status":"404","Reason":"x"},"Headers":{"Content-Type":"text/html"}}}}}

WARC/1.0
WARC-Type: metadata
WARC-Target-URI: http://e.example/gone2
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000110>
Content-Type: application/json
Content-Length: 500

{"Container":{"Filename":"web.warc.gz","Compressed":true},"Envelope":{"Format":"WARC/1.0","WARC-Header-Metadata":{"WARC-Type":"response","WARC-Date":"2024-05-18T01:58:10Z","WARC-Record-ID":"<urn:uuid:00000000-0000-4000-8000-000000000010>","WARC-Target-URI":"http://e.example/gone2"},"Payload-Metadata":{"Actual-Content-Type":"application/http; msgtype=response","HTTP-Response-Metadata":{"Response-Message":{"Version":"HTTP/1.1","Status":"410","Reason":"x"},"Headers":{"Content-Type":"text/html"}}}}}

WARC/1.0
WARC-Type: metadata
WARC-Target-URI: http://e.example/error
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000111>
Content-Type: application/json
Content-Length: 500

{"Container":{"Filename":"web.warc.gz","Compressed":true},"Envelope":{"Format":"WARC/1.0","WARC-Header-Metadata":{"WARC-Type":"response","WARC-Date":"2024-05-18T01:58:11Z","WARC-Record-ID":"<urn:uuid:00000000-0000-4000-8000-000000000011>","WARC-Target-URI":"http://e.example/error"},"Payload-Metadata":{"Actual-Content-Type":"application/http; msgtype=response","HTTP-Response-Metadata":{"Response-Message":{"Version":"HTTP/1.1","Status":"503","Reason":"x"},"Headers":{"Content-Type":"text/html"}}}}}

WARC/1.0
WARC-Type: metadata
WARC-Target-URI: ftp://e.example/
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000112>
Content-Type: application/json
Content-Length: 494

{"Container":{"Filename":"web.warc.gz","Compressed":true},"Envelope":{"Format":"WARC/1.0","WARC-Header-Metadata":{"WARC-Type":"response","WARC-Date":"2024-05-18T01:58:12Z","WARC-Record-ID":"<urn:uuid:00000000-0000-4000-8000-000000000012>","WARC-Target-URI":"ftp://e.example/"},"Payload-Metadata":{"Actual-Content-Type":"application/http; msgtype=response","HTTP-Response-Metadata":{"Response-Message":{"Version":"HTTP/1.1","Status":"200","Reason":"x"},"Headers":{"Content-Type":"text/html"}}}}}

WARC/1.0
WARC-Type: metadata
WARC-Target-URI: http://e.example/undated
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000113>
Content-Type: application/json
Content-Length: 491

{"Container":{"Filename":"web.warc.gz","Compressed":true},"Envelope":{"Format":"WARC/1.0","WARC-Header-Metadata":{"WARC-Type":"response","WARC-Date":"yesterday","WARC-Record-ID":"<urn:uuid:00000000-0000-4000-8000-000000000013>","WARC-Target-URI":"http://e.example/undated"},"Payload-Metadata":{"Actual-Content-Type":"application/http; msgtype=response","HTTP-Response-Metadata":{"Response-Message":{"Version":"HTTP/1.1","Status":"200","Reason":"x"},"Headers":{"Content-Type":"text/html"}}}}}

WARC/1.0
WARC-Type: metadata
WARC-Target-URI: http://a.example/
WARC-Date: 2024-05-31T01:16:45Z
WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000199>
Content-Type: application/json
Content-Length: 13

{"Envelope":[

