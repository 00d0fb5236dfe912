{{- define "majlis.gatewayConfig" -}}
{{- $port := include "majlis.port" (list "gateway" "grpc") -}}
{{- $folder := include "majlis.tlsFolder" . -}}
{{- $listen := dict "host" "0.0.0.0" "port" (int $port) "tokenFile" "/etc/majlis/gateway-token/token" "reachedAt" (printf "%s:%s" (include "majlis.host" (list . "gateway")) $port) -}}
{{- if include "majlis.isTls" . -}}
{{- $_ := set $listen "tls" (dict "ca" (printf "%s/ca.crt" $folder) "certificate" (printf "%s/tls.crt" $folder) "key" (printf "%s/tls.key" $folder)) -}}
{{- $_ := set $listen "tokens" "/etc/majlis/callers/tokens.yaml" -}}
{{- else -}}
{{- $_ := set $listen "insecure" true -}}
{{- end -}}
{{- $metrics := dict "host" "0.0.0.0" "port" (include "majlis.port" (list "gateway" "metrics") | int) -}}
{{- $own := dict "listen" $listen "metrics" $metrics "store" "/var/lib/majlis/judgements.sqlite" "drainMs" (mul 1000 (int .Values.drainSeconds)) -}}
{{- merge $own (deepCopy .Values.gateway.config) | toYaml -}}
{{- end -}}
