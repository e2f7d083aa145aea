{{- define "noshow.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "noshow.name" -}}
{{ if contains "noshow" .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-noshow{{ end }}
{{- end -}}

{{/* Of the part `role` of `root`. */}}
{{- define "noshow.selector" -}}
app.kubernetes.io/name: noshow
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end -}}

{{- define "noshow.labels" -}}
{{ include "noshow.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}

{{- define "noshow.rules" -}}
{{ .Values.rulesConfigMap | default (printf "%s-rules" (include "noshow.name" .)) }}
{{- end -}}

{{/* A pod of the part `role` of `root`, of which `values` are its values and `address` is the key of ClickHouse's. The
collector's /data is a volume of its own, that of all others is lost with the pod. */}}
{{- define "noshow.pod" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "noshow.labels" . | nindent 4 }}
    {{- with .shard }}
    noshow/shard: {{ . | replace "/" "-of-" | quote }}
    {{- end }}
  annotations:
    checksum/settings: {{ toYaml $root.Values.settings | sha256sum }}
    {{- with $root.Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: 60
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  {{- if eq .role "migrate" }}
  restartPolicy: Never
  {{- else }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "noshow.selector" . | nindent 10 }}
  {{- end }}
  {{- with $root.Values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .role }}
      image: {{ include "noshow.image" $root }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args: [{{ .role }}]
      env:
        - {name: NOSHOW_CONFIG, value: /etc/noshow/noshow.yaml}
        - {name: NOSHOW_DATABASE_URL_FILE, value: /run/noshow/database_url}
        - {name: NOSHOW_CLICKHOUSE_URL_FILE, value: /run/noshow/clickhouse_url}
        {{- with $root.Values.cluster }}
        - {name: NOSHOW_CLUSTER, value: {{ . | quote }}}
        {{- end }}
        {{- with .shard }}
        - {name: NOSHOW_EVALUATOR_SHARD, value: {{ . | quote }}}
        {{- end }}
        {{- with $root.Values.publicUrl }}
        - {name: NOSHOW_PUBLIC_URL, value: {{ . | quote }}}
        {{- end }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      {{- if ne .role "migrate" }}
      ports:
        - {name: http, containerPort: 8080}
        {{- if eq .role "collector" }}
        - {name: otlp-grpc, containerPort: 4317}
        {{- end }}
      startupProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: {path: /healthz, port: http}
        periodSeconds: 10
        timeoutSeconds: 3
      readinessProbe:
        httpGet: {path: /readyz, port: http}
        periodSeconds: 5
        timeoutSeconds: 3
      {{- end }}
      resources: {{- toYaml .values.resources | nindent 8 }}
      volumeMounts:
        - {name: data, mountPath: /data}
        - {name: tmp, mountPath: /tmp}
        - {name: settings, mountPath: /etc/noshow, readOnly: true}
        - {name: rules, mountPath: /rules, readOnly: true}
        - {name: addresses, mountPath: /run/noshow, readOnly: true}
        {{- range $root.Values.secretFiles }}
        - {name: {{ printf "secret-%s" . | replace "." "-" }}, mountPath: /run/secrets/{{ . }}, readOnly: true}
        {{- end }}
  volumes:
    {{- if ne .role "collector" }}
    - {name: data, emptyDir: {sizeLimit: 1Gi}}
    {{- end }}
    - {name: tmp, emptyDir: {sizeLimit: 1Gi}}
    - {name: settings, configMap: {name: {{ include "noshow.name" $root }}}}
    - {name: rules, configMap: {name: {{ include "noshow.rules" $root }}}}
    - name: addresses
      secret:
        secretName: {{ $root.Values.secret.name }}
        defaultMode: 0440
        items:
          - {key: {{ $root.Values.secret.database }}, path: database_url}
          - {key: {{ .address }}, path: clickhouse_url}
    {{- range $root.Values.secretFiles }}
    - {name: {{ printf "secret-%s" . | replace "." "-" }}, secret: {secretName: {{ . }}, defaultMode: 0440}}
    {{- end }}
{{- end -}}
