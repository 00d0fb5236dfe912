{{/*
Who may talk to whom, and nobody else: {"edges": [...]}. An edge goes to a port of a component, from components of this release
and from peers outside it (NetworkPolicyPeers). An exit is a port that a component reaches outside the release.
Health ports are in no edge: a kubelet reaches the pods of its node through any policy, and nobody else needs them.
*/}}
{{- define "majlis.edges" -}}
{{- $prometheus := list (dict "namespaceSelector" (dict "matchLabels" (dict "kubernetes.io/metadata.name" .Values.networkPolicy.monitoringNamespace))) -}}
{{- $keda := list (dict "namespaceSelector" (dict "matchLabels" (dict "kubernetes.io/metadata.name" .Values.networkPolicy.kedaNamespace))) -}}
{{- $scalers := dict "external-push" list "nats-jetstream" list -}}
{{- range $name, $_ := .Values.rollout.pools -}}
{{- $autoscaling := (include "majlis.pool" (list $ $name) | fromYaml).autoscaling -}}
{{- if $autoscaling.enabled }}{{ $_ := set $scalers $autoscaling.trigger $keda }}{{ end -}}
{{- end -}}
{{- $scrapes := ternary $prometheus list .Values.monitoring.enabled -}}
{{- $edges := list
  (dict "to" "coordinator" "port" "grpc" "from" (list "rollout" "test") "peers" (concat .Values.networkPolicy.clients (index $scalers "external-push")))
  (dict "to" "coordinator" "port" "artifacts" "from" (list "rollout") "peers" .Values.networkPolicy.clients)
  (dict "to" "coordinator" "port" "metrics" "from" list "peers" $scrapes)
  (dict "to" "rollout" "port" "metrics" "from" list "peers" $scrapes)
-}}
{{- if .Values.nats.enabled -}}
{{- $edges = concat $edges (list
  (dict "to" "nats" "port" "client" "from" (list "coordinator" "rollout") "peers" list)
  (dict "to" "nats" "port" "cluster" "from" (list "nats") "peers" list)
  (dict "to" "nats" "port" "monitor" "from" list "peers" (index $scalers "nats-jetstream"))
  (dict "to" "nats" "port" "metrics" "from" list "peers" $scrapes)
) -}}
{{- end -}}
{{- if .Values.engine.enabled -}}
{{- $edges = append $edges (dict "to" "engine" "port" "http" "from" (list "coordinator") "peers" list) -}}
{{- end -}}
{{- if .Values.trainer.enabled -}}
{{- $edges = append $edges (dict "to" "trainer" "port" "grpc" "from" (list "coordinator") "peers" list) -}}
{{- /* Beside the rendezvous ranks listen on ports that NCCL and gloo draw. */}}
{{- if gt (int .Values.trainer.replicas) 1 -}}
{{- $edges = append $edges (dict "to" "trainer" "port" "" "from" (list "trainer") "peers" list) -}}
{{- end -}}
{{- end -}}
{{- if .Values.gateway.enabled -}}
{{- $edges = concat $edges (list
  (dict "to" "gateway" "port" "grpc" "from" (list "coordinator") "peers" .Values.networkPolicy.clients)
  (dict "to" "gateway" "port" "metrics" "from" list "peers" $scrapes)
) -}}
{{- end -}}
{{- if .Values.rewards.enabled -}}
{{- $edges = concat $edges (list
  (dict "to" "rewards" "port" "http" "from" list "peers" .Values.networkPolicy.rewardClients)
  (dict "to" "rewards" "port" "grpc" "from" (list "coordinator") "peers" .Values.networkPolicy.rewardClients)
  (dict "to" "rewards" "port" "metrics" "from" list "peers" $scrapes)
) -}}
{{- end -}}
{{- dict "edges" $edges | toJson -}}
{{- end -}}

{{/* {"exits": [{"from": component, "ports": [numbers]}]}: derived from the addresses that the values name. */}}
{{- define "majlis.exits" -}}
{{- $coordinator := list -}}
{{- $all := list -}}
{{- /* The API server, by its Service and by what that leads to. */}}
{{- if .Values.coordinator.annotateWorkers }}{{ $coordinator = list "443" "6443" }}{{ end -}}
{{- if .Values.artifacts.s3.bucket -}}
{{- $coordinator = append $coordinator (include "majlis.urlPort" (.Values.artifacts.s3.endpoint | default "https://s3")) -}}
{{- end -}}
{{- $traces := list -}}
{{- if .Values.telemetry.otlpEndpoint }}{{ $traces = append $traces (include "majlis.urlPort" .Values.telemetry.otlpEndpoint) }}{{ end -}}
{{- $all = concat $all $traces -}}
{{- if not .Values.nats.enabled -}}
{{- range .Values.externalNats.urls }}{{ $all = append $all (include "majlis.urlPort" .) }}{{ end -}}
{{- end -}}
{{- $judges := list -}}
{{- range $_, $endpoint := .Values.gateway.config.endpoints }}{{ $judges = append $judges (include "majlis.urlPort" $endpoint.url) }}{{ end -}}
{{- $exits := list (dict "from" "coordinator" "ports" (concat $all $coordinator | uniq)) (dict "from" "rollout" "ports" ($all | uniq)) -}}
{{- if .Values.gateway.enabled }}{{ $exits = append $exits (dict "from" "gateway" "ports" (concat $judges $traces | uniq)) }}{{ end -}}
{{- if and .Values.rewards.enabled $traces }}{{ $exits = append $exits (dict "from" "rewards" "ports" $traces) }}{{ end -}}
{{- dict "exits" $exits | toJson -}}
{{- end -}}

{{/* The port of a URL; 443 and 80 where it names none. */}}
{{- define "majlis.urlPort" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $port | default (get (dict "http" "80" "https" "443" "nats" "4222" "tls" "4222") $url.scheme) -}}
{{- end -}}

{{/* (list root component): what selects its pods in a policy; `rollout` are those of all pools. */}}
{{- define "majlis.policySelector" -}}
{{- $root := index . 0 -}}
matchLabels:
  app.kubernetes.io/name: {{ $root.Chart.Name }}
  app.kubernetes.io/instance: {{ $root.Release.Name }}
  app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}
