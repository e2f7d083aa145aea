-- lags: how old events were when they came in this and the last hour, in µs: the median and the 95th percentile.
SELECT source, name, quantilesBFloat16Merge(0.5, 0.95)(lag)
FROM lags
WHERE hour >= toDateTime({since:Int64}, 'UTC')
GROUP BY source, name
