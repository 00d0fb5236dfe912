{{/* (list name persistence): a claim that one pod has to itself: two processes over one ledger is what must not be. */}}
{{- define "majlis.claimTemplate" -}}
- metadata:
    name: {{ index . 0 }}
  spec:
    accessModes: [ReadWriteOncePod]
    {{- with (index . 1).storageClassName }}
    storageClassName: {{ . }}
    {{- end }}
    resources:
      requests:
        storage: {{ (index . 1).size }}
{{- end -}}

{{/* What `--artifacts` takes; empty: the workspace. */}}
{{- define "majlis.artifactsPlace" -}}
{{- $s3 := .Values.artifacts.s3 -}}
{{- if $s3.bucket -}}
{{- $query := list -}}
{{- with $s3.region }}{{ $query = append $query (printf "region=%s" (urlquery .)) }}{{ end -}}
{{- with $s3.endpoint }}{{ $query = append $query (printf "endpoint=%s" (urlquery .)) }}{{ end -}}
{{- if $s3.pathStyle }}{{ $query = append $query "pathStyle=true" }}{{ end -}}
s3://{{ $s3.bucket }}/{{ $s3.prefix }}{{ if $query }}?{{ join "&" $query }}{{ end }}
{{- else if .Values.artifacts.existingClaim -}}
/var/lib/majlis-artifacts
{{- end -}}
{{- end -}}

{{/* The gateway's file and token, where it serves and where it is asked. */}}
{{- define "majlis.gatewayVolumes" -}}
{{- if .Values.gateway.enabled }}
- name: gateway
  configMap:
    name: {{ include "majlis.name" (list . "gateway") }}
- name: gateway-token
  secret:
    secretName: {{ .Values.gateway.tokenSecret }}
    defaultMode: 0440
{{- end }}
{{- end -}}
{{- define "majlis.gatewayMounts" -}}
{{- if .Values.gateway.enabled }}
- name: gateway
  mountPath: /etc/majlis/gateway
  readOnly: true
- name: gateway-token
  mountPath: /etc/majlis/gateway-token
  readOnly: true
{{- end }}
{{- end -}}

{{/* The trainer's token, where it is asked for and where it is shown. */}}
{{- define "majlis.trainerTokenVolume" -}}
{{- if and .Values.trainer.enabled .Values.trainer.tokenSecret }}
- name: trainer-token
  secret:
    secretName: {{ .Values.trainer.tokenSecret }}
    defaultMode: 0440
{{- end }}
{{- end -}}
{{- define "majlis.trainerTokenMount" -}}
{{- if and .Values.trainer.enabled .Values.trainer.tokenSecret }}
- name: trainer-token
  mountPath: /etc/majlis/trainer-token
  readOnly: true
{{- end }}
{{- end -}}
