{{/* Pods and containers meet Pod Security's profile `restricted`. The user is the images' own. */}}
{{- define "majlis.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "majlis.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* (list root component pod-values): `metadata` of a pod template, without versions: a new chart alone stops no worker. */}}
{{- define "majlis.podMetadata" -}}
{{- $pod := index . 2 -}}
labels:
  {{- include "majlis.selectorLabels" (list (index . 0) (index . 1)) | nindent 2 }}
  app.kubernetes.io/part-of: majlis
  {{- with $pod.labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $pod.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* (list root component pod-values): what all pods have in common, with where they may run. */}}
{{- define "majlis.podSpec" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $pod := index . 2 -}}
serviceAccountName: {{ include "majlis.name" (list $root $component) }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- include "majlis.podSecurity" . | nindent 2 }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with include "majlis.priorityClass" . }}
priorityClassName: {{ . }}
{{- end }}
{{- range $key := tuple "runtimeClassName" "schedulerName" }}
{{- with index $pod $key }}
{{ $key }}: {{ . }}
{{- end }}
{{- end }}
{{- range $key := tuple "nodeSelector" "tolerations" "affinity" }}
{{- with index $pod $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    {{- /* Three NATS servers in one zone would be lost together. */}}
    whenUnsatisfiable: {{ ternary "DoNotSchedule" "ScheduleAnyway" (and (eq $component "nats") (gt (int $root.Values.nats.replicas) 1)) }}
    labelSelector:
      matchLabels:
        {{- include "majlis.selectorLabels" (list $root $component) | nindent 8 }}
{{- end -}}

{{/* (list root component pod-values): its own, or the one that the chart makes. */}}
{{- define "majlis.priorityClass" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- if (index . 2).priorityClassName -}}
{{- (index . 2).priorityClassName -}}
{{- else if $root.Values.priorityClasses.create -}}
{{- $class := "control" -}}
{{- if hasPrefix "rollout-" $component }}{{ $class = "rollout" }}{{ else if has $component (list "trainer" "engine") }}{{ $class = "trainer" }}{{ end -}}
{{- include "majlis.name" (list $root $class) -}}
{{- end -}}
{{- end -}}

{{/* Probes of a process that tells its health on the port `health`: a start may take as long as a model takes to load. */}}
{{- define "majlis.probes" -}}
{{- $port := include "majlis.port" (list (index . 0) "health") -}}
startupProbe:
  grpc:
    port: {{ $port }}
    service: liveness
  periodSeconds: 10
  failureThreshold: {{ max 1 (div (int (index . 1)) 10) }}
livenessProbe:
  grpc:
    port: {{ $port }}
    service: liveness
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 6
{{- /* Nobody is sent to a worker, and one whose coordinator has no run holds no policy to be ready with: an upgrade must not wait for it. */}}
{{- if ne (index . 0) "rollout" }}
readinessProbe:
  grpc:
    port: {{ $port }}
    service: readiness
  periodSeconds: 5
  timeoutSeconds: 5
{{- end }}
{{- end -}}

{{/* pod-values: the environment of a process of Majlis. */}}
{{- define "majlis.environment" -}}
- name: HOME
  value: /tmp
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- with .env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Flags of every process that tells its health and its figures. */}}
{{- define "majlis.healthFlags" -}}
- --health-host=0.0.0.0
- --health-port={{ include "majlis.port" (list . "health") }}
{{- end -}}
{{- define "majlis.metricsFlags" -}}
- --metrics-host=0.0.0.0
- --metrics-port={{ include "majlis.port" (list . "metrics") }}
{{- end -}}

{{/* Seconds from SIGTERM to SIGKILL: above what the process takes to drain, so that it is never cut in the middle. */}}
{{- define "majlis.gracePeriod" -}}
{{- add (int .) 15 -}}
{{- end -}}

{{/* Where a process that takes part in traces sends them. */}}
{{- define "majlis.tracing" -}}
{{- $telemetry := .Values.telemetry -}}
{{- if $telemetry.otlpEndpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ $telemetry.otlpEndpoint | quote }}
- name: OTEL_TRACES_SAMPLER
  value: traceidratio
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ $telemetry.sampleRatio | quote }}
{{- end }}
{{- end -}}
