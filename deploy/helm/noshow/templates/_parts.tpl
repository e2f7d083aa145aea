{{/* One pod at a time is taken away on purpose. */}}
{{- define "noshow.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "noshow.name" .root }}-{{ .role }}
  labels: {{- include "noshow.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "noshow.selector" . | nindent 6 }}
{{- end -}}

{{/* `suffix` tells the deployments of one part apart. */}}
{{- define "noshow.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "noshow.name" .root }}-{{ .role }}{{ .suffix }}
  labels: {{- include "noshow.labels" . | nindent 4 }}
spec:
  replicas: {{ .values.replicas }}
  selector:
    matchLabels:
      {{- include "noshow.selector" . | nindent 6 }}
      {{- with .shard }}
      noshow/shard: {{ . | replace "/" "-of-" | quote }}
      {{- end }}
  template:
    {{- include "noshow.pod" . | nindent 4 }}
{{- end -}}
