{{/* Where each server tells of itself. KEDA puts a server's name before it to reach the leader, so the name is the headless one. */}}
{{- define "majlis.natsMonitorEndpoint" -}}
{{- if .Values.nats.enabled -}}
{{- printf "%s.%s.svc.%s:%s" (include "majlis.name" (list . "nats-headless")) .Release.Namespace .Values.clusterDomain (include "majlis.port" (list "nats" "monitor")) -}}
{{- else -}}
{{- .Values.externalNats.monitorEndpoint -}}
{{- end -}}
{{- end -}}

{{/* The account that the release's streams are in: `majlis nats config` names it so, and without accounts there is $G. */}}
{{- define "majlis.natsAccount" -}}
{{- if .Values.nats.enabled -}}
{{- if .Values.nats.authSecret }}majlis-{{ include "majlis.release" . }}{{ else }}$G{{ end -}}
{{- else -}}
{{- .Values.externalNats.account -}}
{{- end -}}
{{- end -}}

{{- define "majlis.natsTlsBlock" -}}
tls {
  cert_file: "/etc/nats/tls/tls.crt"
  key_file: "/etc/nats/tls/tls.key"
  ca_file: "/etc/nats/tls/ca.crt"
{{- with . }}
  {{ . }}
{{- end }}
}
{{- end -}}

{{- define "majlis.natsConfig" -}}
server_name: $POD_NAME
port: {{ include "majlis.port" (list "nats" "client") }}
http_port: {{ include "majlis.port" (list "nats" "monitor") }}
pid_file: "/var/run/nats/nats.pid"
# Clients are told to go to another server one by one: 35 of the 60 s of grace, and no less than a server takes.
lame_duck_grace_period: "5s"
lame_duck_duration: "30s"
jetstream {
  store_dir: "/data"
  max_file_store: {{ .Values.nats.persistence.size }}
  # Unless told so, a server acknowledges first and writes to disk every two minutes.
  sync_interval: always
}
{{- if include "majlis.isTls" . }}
{{ include "majlis.natsTlsBlock" "" }}
{{- end }}
{{- if gt (int .Values.nats.replicas) 1 }}
cluster {
  name: {{ include "majlis.name" (list . "nats") | quote }}
  port: {{ include "majlis.port" (list "nats" "cluster") }}
  # Addresses of pods are in no certificate, and change.
  no_advertise: true
  routes: [
  {{- range $index := until (int .Values.nats.replicas) }}
    {{ printf "nats://%s-%d.%s:%s" (include "majlis.name" (list $ "nats")) $index (include "majlis.host" (list $ "nats-headless")) (include "majlis.port" (list "nats" "cluster")) | quote }}
  {{- end }}
  ]
  {{- if include "majlis.isTls" . }}
  {{- include "majlis.natsTlsBlock" "verify: true" | nindent 2 }}
  {{- end }}
}
{{- end }}
{{- if .Values.nats.authSecret }}
include "./accounts/accounts.conf"
{{- end }}
{{- end -}}
