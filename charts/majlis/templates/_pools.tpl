{{/* (list base over): `over` laid onto `base`, map by map. Sprig's own merge takes a false or a 0 for nothing. */}}
{{- define "majlis.merged" -}}
{{- $out := deepCopy (index . 0) -}}
{{- range $key, $value := index . 1 -}}
{{- if and (kindIs "map" $value) (kindIs "map" (get $out $key)) -}}
{{- $_ := set $out $key (include "majlis.merged" (list (get $out $key) $value) | fromYaml) -}}
{{- else -}}
{{- $_ := set $out $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $out -}}
{{- end -}}

{{/* (list root name): a pool's values over those that all pools have. */}}
{{- define "majlis.pool" -}}
{{- $rollout := (index . 0).Values.rollout -}}
{{- include "majlis.merged" (list $rollout.defaults (index $rollout.pools (index . 1) | default dict)) -}}
{{- end -}}

{{/* The coordinator's own engine: its values over those that the pools' have. */}}
{{- define "majlis.engine" -}}
{{- include "majlis.merged" (list .Values.rollout.defaults.engine .Values.engine) -}}
{{- end -}}

{{/* (list root pool): how long its workers may finish what they hold. */}}
{{- define "majlis.poolDrain" -}}
{{- $pool := index . 1 -}}
{{- if $pool.shortNotice }}0{{ else }}{{ int ($pool.drainSeconds | default (index . 0).Values.drainSeconds) }}{{ end -}}
{{- end -}}

{{/* (list root pool): its grace period. */}}
{{- define "majlis.poolGrace" -}}
{{- $pool := index . 1 -}}
{{- int ($pool.terminationGracePeriodSeconds | default (include "majlis.gracePeriod" (include "majlis.poolDrain" .))) -}}
{{- end -}}

{{/* What a kind of accelerator is called in limits; it is there in whole numbers only. */}}
{{- define "majlis.accelerator" -}}
{{- get (dict "nvidia" "nvidia.com/gpu" "amd" "amd.com/gpu" "intel" "gpu.intel.com/xe" "gaudi" "habana.ai/gaudi" "tpu" "google.com/tpu") . -}}
{{- end -}}

{{/* (list resources accelerator count): resources with accelerators in the limits. */}}
{{- define "majlis.resources" -}}
{{- $resources := deepCopy (index . 0) -}}
{{- if gt (int (index . 2)) 0 -}}
{{- $limits := get $resources "limits" | default dict -}}
{{- $_ := set $resources "limits" (set $limits (include "majlis.accelerator" (index . 1)) (int (index . 2))) -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end -}}

{{/* (list root engine): the container of an engine, as a sidecar of a worker or by itself. */}}
{{- define "majlis.engineContainer" -}}
{{- $root := index . 0 -}}
{{- $engine := index . 1 -}}
name: engine
image: {{ include "majlis.image" (list $root $engine.image) }}
imagePullPolicy: {{ $engine.image.pullPolicy }}
{{- if eq $engine.kind "vllm" }}
command: [vllm, serve, {{ $engine.model | quote }}]
args:
  - --host=0.0.0.0
  - --port={{ include "majlis.port" (list "engine" "http") }}
  - --logprobs-mode=processed_logprobs
  - --generation-config=vllm
  {{- if eq $engine.weights "adapters" }}
  - --enable-lora
  - --max-lora-rank={{ int $engine.loraRank }}
  - --max-loras=2
  - --max-cpu-loras=4
  {{- end }}
  {{- if gt (int $engine.gpus) 1 }}
  - --tensor-parallel-size={{ int $engine.gpus }}
  {{- end }}
{{- else }}
command: [python3, -m, sglang.launch_server]
args:
  - --model-path={{ $engine.model }}
  - --host=0.0.0.0
  - --port={{ include "majlis.port" (list "engine" "http") }}
  {{- if eq $engine.weights "adapters" }}
  - --enable-lora
  - --max-lora-rank={{ int $engine.loraRank }}
  - --lora-target-modules=all
  {{- end }}
  {{- if gt (int $engine.gpus) 1 }}
  - --tp-size={{ int $engine.gpus }}
  {{- end }}
{{- end }}
  {{- with $engine.args }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
env:
  - name: HOME
    value: /tmp
  - name: USER
    value: majlis
  {{- if eq $engine.kind "vllm" }}
  - name: VLLM_ALLOW_RUNTIME_LORA_UPDATING
    value: {{ eq $engine.weights "adapters" | quote }}
  # Weights that are replaced come by calls that have no password: no network policy lets anybody else reach this port.
  - name: VLLM_SERVER_DEV_MODE
    value: {{ ternary "1" "0" (eq $engine.weights "full") | quote }}
  {{- end }}
securityContext:
  {{- include "majlis.containerSecurity" $root | nindent 2 }}
ports:
  - name: http
    containerPort: {{ include "majlis.port" (list "engine" "http") }}
# Loading a model takes minutes, and a server under load answers late: neither is a reason to start it again.
startupProbe:
  httpGet:
    path: /health
    port: http
  periodSeconds: 10
  failureThreshold: {{ max 1 (div (int $engine.startupSeconds) 10) }}
livenessProbe:
  httpGet:
    path: /health
    port: http
  periodSeconds: 30
  timeoutSeconds: 15
  failureThreshold: 6
resources:
  {{- include "majlis.resources" (list $engine.resources $engine.accelerator $engine.gpus) | nindent 2 }}
volumeMounts:
  - name: models
    mountPath: /models
    readOnly: true
  - name: engine-tmp
    mountPath: /tmp
  - name: shm
    mountPath: /dev/shm
{{- end -}}

{{/* (list root engine): the volumes of that container. */}}
{{- define "majlis.engineVolumes" -}}
- name: engine-tmp
  emptyDir: {}
- name: shm
  emptyDir:
    medium: Memory
    sizeLimit: {{ (index . 1).shmSize }}
{{- end -}}

{{- define "majlis.modelsVolume" -}}
{{- with .Values.models.existingClaim }}
- name: models
  persistentVolumeClaim:
    claimName: {{ . }}
    readOnly: true
{{- end }}
{{- end -}}
{{- define "majlis.modelsMount" -}}
{{- if .Values.models.existingClaim }}
- name: models
  mountPath: /models
  readOnly: true
{{- end }}
{{- end -}}

{{/* What a run publishes, where trainer and engines have to see it under the coordinator's paths. */}}
{{- define "majlis.runsVolume" -}}
{{- with .Values.runs.existingClaim }}
- name: runs
  persistentVolumeClaim:
    claimName: {{ . }}
{{- end }}
{{- end -}}
{{- define "majlis.runsMount" -}}
{{- if .Values.runs.existingClaim }}
- name: runs
  mountPath: /var/lib/majlis/runs
{{- end }}
{{- end -}}

{{/* (list root place engine): refuses a server without a model, or with the image of another one. */}}
{{- define "majlis.requireEngine" -}}
{{- $root := index . 0 -}}
{{- $at := index . 1 -}}
{{- $engine := index . 2 -}}
{{- if ne $engine.kind "embedded" -}}
{{- if not $engine.model -}}
{{- fail (printf "%s.model: name the model's directory below /models." (ternary $at (printf "%s.engine" $at) (eq $at "engine"))) -}}
{{- end -}}
{{- if not $root.Values.models.existingClaim -}}
{{- fail (printf "models.existingClaim: the engine of %s opens its model there; name a claim." $at) -}}
{{- end -}}
{{- if and (eq $engine.kind "sglang") (contains "vllm" $engine.image.repository) -}}
{{- fail (printf "%s.image.repository: %s is no image of SGLang; name one." (ternary $at (printf "%s.engine" $at) (eq $at "engine")) $engine.image.repository) -}}
{{- end -}}
{{- end -}}
{{- end -}}
