-- what wrk says at its end, as one line that a program reads
function done(summary, latency, requests)
	local e = summary.errors
	io.write(string.format(
		'{"requests":%d,"rate":%.1f,"p50_us":%d,"p99_us":%d,"bad":%d}\n',
		summary.requests, summary.requests / (summary.duration / 1e6),
		latency:percentile(50), latency:percentile(99),
		e.connect + e.read + e.write + e.status + e.timeout))
end
