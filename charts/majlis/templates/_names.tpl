{{/* What resources are called: <release>-majlis, or the release alone where it says majlis already. Room is left for suffixes. */}}
{{- define "majlis.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* (list root component): the name of a component's resources; a pool's is `rollout-POOL`. */}}
{{- define "majlis.name" -}}
{{- printf "%s-%s" (include "majlis.fullname" (index . 0)) (index . 1) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* (list root component): where a component's Service answers inside the cluster; certificates hold this name. */}}
{{- define "majlis.host" -}}
{{- printf "%s.%s.svc" (include "majlis.name" .) (index . 0).Release.Namespace -}}
{{- end -}}

{{/* The name that streams and subjects on NATS begin with. */}}
{{- define "majlis.release" -}}
{{- .Values.release | default .Release.Name -}}
{{- end -}}

{{/* (list root component): what selects a component's pods, and never changes. A pool is the component `rollout` with its name. */}}
{{- define "majlis.selectorLabels" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ ternary "rollout" $component (hasPrefix "rollout-" $component) }}
{{- if hasPrefix "rollout-" $component }}
majlis.dev/pool: {{ trimPrefix "rollout-" $component }}
{{- end }}
{{- end -}}

{{/* (list root component): labels of a component's resources. */}}
{{- define "majlis.labels" -}}
{{- $root := index . 0 -}}
{{ include "majlis.selectorLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: majlis
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* (list root component): `metadata` of a component's resource. */}}
{{- define "majlis.metadata" -}}
name: {{ include "majlis.name" . }}
namespace: {{ (index . 0).Release.Namespace }}
labels:
  {{- include "majlis.labels" . | nindent 2 }}
{{- end -}}

{{/* (list root image): a digest goes before a tag; without a tag it is the chart's version of the application. */}}
{{- define "majlis.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $name := printf "%s/%s" $image.registry $image.repository | trimPrefix "/" -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name ($image.tag | default $root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* Components that this release has, as {"items": [...]}: each has pods of its own, a ServiceAccount and a budget of disruptions. */}}
{{- define "majlis.components" -}}
{{- $items := list "coordinator" -}}
{{- range $name, $_ := .Values.rollout.pools }}{{ $items = append $items (printf "rollout-%s" $name) }}{{ end -}}
{{- range tuple "engine" "trainer" "gateway" "rewards" "nats" -}}
{{- if (index $.Values .).enabled }}{{ $items = append $items . }}{{ end -}}
{{- end -}}
{{- dict "items" $items | toYaml -}}
{{- end -}}

{{/* A component's ports by name. Services, probes, monitors and network policies take them from here. */}}
{{- define "majlis.ports" -}}
{{- $component := . -}}
{{- if eq $component "coordinator" -}}
{"grpc": 7460, "artifacts": 7461, "metrics": 9464, "health": 7470}
{{- else if hasPrefix "rollout" $component -}}
{"metrics": 9464, "health": 7470}
{{- else if eq $component "engine" -}}
{"http": 8000}
{{- else if eq $component "trainer" -}}
{"grpc": 7300, "rendezvous": 29500, "health": 7470}
{{- else if eq $component "gateway" -}}
{"grpc": 7462, "metrics": 9464, "health": 7470}
{{- else if eq $component "rewards" -}}
{"http": 8090, "grpc": 8091, "metrics": 9464, "health": 7470}
{{- else if eq $component "nats" -}}
{"client": 4222, "cluster": 6222, "monitor": 8222, "metrics": 7777}
{{- end -}}
{{- end -}}

{{/* (list component port): its number. */}}
{{- define "majlis.port" -}}
{{- index (include "majlis.ports" (index . 0) | fromJson) (index . 1) -}}
{{- end -}}

{{/* A component's `ports` of its container. */}}
{{- define "majlis.containerPorts" -}}
{{- range $name, $number := include "majlis.ports" . | fromJson }}
- name: {{ $name }}
  containerPort: {{ $number }}
{{- end }}
{{- end -}}

{{/* (list component list-of-port-names): `ports` of its Service. */}}
{{- define "majlis.servicePorts" -}}
{{- $component := index . 0 -}}
{{- range $name := index . 1 }}
- name: {{ $name }}
  port: {{ include "majlis.port" (list $component $name) }}
  targetPort: {{ $name }}
{{- end }}
{{- end -}}

{{/* (list root component): a component's own values; a pool's are laid over the defaults. */}}
{{- define "majlis.values" -}}
{{- if hasPrefix "rollout-" (index . 1) -}}
{{- include "majlis.pool" (list (index . 0) (trimPrefix "rollout-" (index . 1))) -}}
{{- else -}}
{{- toYaml (index (index . 0).Values (index . 1)) -}}
{{- end -}}
{{- end -}}

{{- define "majlis.serviceAccountAnnotations" -}}
{{- with (include "majlis.values" . | fromYaml).pod.serviceAccountAnnotations }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{/* (list indent text): the text on lines of its own, and no line where there is none. */}}
{{- define "majlis.lines" -}}
{{- with index . 1 | trim }}{{ . | nindent (index $ 0 | int) }}{{ end -}}
{{- end -}}
