{{/* (list root component): the Secret with a component's tls.crt, tls.key and ca.crt. */}}
{{- define "majlis.tlsSecret" -}}
{{- $given := index (index . 0).Values.tls.secrets (index . 1) -}}
{{- $given | default (printf "%s-tls" (include "majlis.name" .)) -}}
{{- end -}}

{{- define "majlis.isTls" -}}
{{- if eq .Values.tls.mode "mtls" }}true{{ end -}}
{{- end -}}

{{/* Where certificates are in every container. */}}
{{- define "majlis.tlsFolder" -}}/etc/majlis/tls{{- end -}}

{{/* Flags of a process that shows a certificate, and believes those of the CA. */}}
{{- define "majlis.tlsFlags" -}}
{{- $folder := include "majlis.tlsFolder" . -}}
- --tls-ca={{ $folder }}/ca.crt
- --tls-cert={{ $folder }}/tls.crt
- --tls-key={{ $folder }}/tls.key
{{- end -}}

{{/* Where the bus is, and how a process shows who it is there: (list root user). */}}
{{- define "majlis.busFlags" -}}
{{- $root := index . 0 -}}
- --bus={{ include "majlis.busUrls" $root }}
- --release={{ include "majlis.release" $root }}
- --pool={{ $root.Values.pool }}
{{- if include "majlis.busTls" $root }}
- --bus-ca=/etc/majlis/bus-tls/ca.crt
{{- end }}
{{- if include "majlis.busAuth" $root }}
- --bus-creds=/etc/majlis/bus/{{ index . 1 }}.nk
{{- end }}
{{- end -}}

{{- define "majlis.busUrls" -}}
{{- if .Values.nats.enabled -}}
{{- printf "%s://%s:%s" (ternary "tls" "nats" (eq .Values.tls.mode "mtls")) (include "majlis.host" (list . "nats")) (include "majlis.port" (list "nats" "client")) -}}
{{- else -}}
{{- join "," .Values.externalNats.urls -}}
{{- end -}}
{{- end -}}

{{/* The Secret whose ca.crt the servers of the bus are believed by; empty where they are in plaintext or publicly trusted. */}}
{{- define "majlis.busTls" -}}
{{- if .Values.nats.enabled -}}
{{- if include "majlis.isTls" . }}{{ include "majlis.tlsSecret" (list . "nats") }}{{ end -}}
{{- else -}}
{{- .Values.externalNats.caSecret -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the users' keys. */}}
{{- define "majlis.busAuth" -}}
{{- ternary .Values.nats.authSecret .Values.externalNats.authSecret .Values.nats.enabled -}}
{{- end -}}

{{/* (list root component): volumes with what a process shows and believes. */}}
{{- define "majlis.tlsVolume" -}}
{{- if include "majlis.isTls" (index . 0) }}
- name: tls
  secret:
    secretName: {{ include "majlis.tlsSecret" . }}
    defaultMode: 0440
{{- end }}
{{- end -}}
{{- define "majlis.tlsMount" -}}
{{- if include "majlis.isTls" . }}
- name: tls
  mountPath: {{ include "majlis.tlsFolder" . }}
  readOnly: true
{{- end }}
{{- end -}}

{{/* (list root user): a user's key for the bus and no other's, and the CA's certificate alone. */}}
{{- define "majlis.busVolumes" -}}
{{- with include "majlis.busTls" (index . 0) }}
- name: bus-tls
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - key: ca.crt
        path: ca.crt
{{- end }}
{{- $user := index . 1 }}
{{- with include "majlis.busAuth" (index . 0) }}
- name: bus
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - key: {{ $user }}.nk
        path: {{ $user }}.nk
{{- end }}
{{- end -}}
{{- define "majlis.busMounts" -}}
{{- if include "majlis.busTls" . }}
- name: bus-tls
  mountPath: /etc/majlis/bus-tls
  readOnly: true
{{- end }}
{{- if include "majlis.busAuth" . }}
- name: bus
  mountPath: /etc/majlis/bus
  readOnly: true
{{- end }}
{{- end -}}

{{/* Who may call what: the release's own processes by their certificates, and whom the values add. It holds no secret. */}}
{{- define "majlis.tokensFile" -}}
{{- $certificates := list -}}
{{- range $name, $role := dict "worker" "worker" "scaler" "reader" "coordinator" "trainer" -}}
{{- $certificates = append $certificates (dict "name" $name "role" $role "subject" (include "majlis.name" (list $ $name))) -}}
{{- end -}}
{{- $tokens := list -}}
{{- range .Values.tls.callers -}}
{{- if .subject }}{{ $certificates = append $certificates . }}{{ else }}{{ $tokens = append $tokens . }}{{ end -}}
{{- end -}}
{{- dict "certificates" $certificates "tokens" $tokens | toYaml -}}
{{- end -}}

{{- define "majlis.tokensVolume" -}}
{{- if include "majlis.isTls" . }}
- name: tokens
  configMap:
    name: {{ include "majlis.name" (list . "callers") }}
{{- end }}
{{- end -}}
{{- define "majlis.tokensMount" -}}
{{- if include "majlis.isTls" . }}
- name: tokens
  mountPath: /etc/majlis/callers
  readOnly: true
{{- end }}
{{- end -}}

{{/* How a server of ours knows who calls; in plaintext everybody whom a network policy lets through may. */}}
{{- define "majlis.serverTrustFlags" -}}
{{- if include "majlis.isTls" . -}}
{{ include "majlis.tlsFlags" . }}
- --tokens=/etc/majlis/callers/tokens.yaml
{{- else -}}
- --insecure
{{- end }}
{{- end -}}

{{/* Who has a certificate under mTLS. */}}
{{- define "majlis.certificateNames" -}}
{{- $items := list "coordinator" "worker" "scaler" -}}
{{- range tuple "gateway" "rewards" "trainer" "nats" -}}
{{- if (index $.Values .).enabled }}{{ $items = append $items . }}{{ end -}}
{{- end -}}
{{- dict "items" $items | toYaml -}}
{{- end -}}
