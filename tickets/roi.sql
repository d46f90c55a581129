-- What the bot earned in a period, by company account: the formulas of docs/roi.md in SQL.
--
-- :since and :until are days (2026-11-01), both included. For one row a day, add roi.day to the first
-- line of SELECT and to GROUP BY; never take the mean of a rate over days. In Grafana write
-- $__timeFrom()::date and $__timeTo()::date for the days. tests/tickets/test_roi.py holds this file and
-- tickets/roi.py to the same figures. A role that row-level security holds for says first whose rows it
-- wants: SET voicebot.tenant = '*', or once and for all ALTER ROLE reports SET voicebot.tenant = '*'.
SELECT
    tenant.slug AS tenant,
    SUM(roi.calls) AS calls,
    SUM(roi.resolved) AS resolved,
    SUM(roi.left_open) AS left_open,
    SUM(roi.transferred) AS transferred,
    SUM(roi.dropped) AS dropped,
    SUM(roi.failed) AS failed,
    SUM(roi.handled_seconds) AS handled_seconds,
    SUM(roi.unpriced) AS unpriced,
    SUM(roi.cached_characters) AS cached_characters,
    SUM(roi.spoken_characters) AS spoken_characters,
    SUM(roi.cached_eur) AS cached_eur,
    SUM(roi.stt_eur) AS stt_eur,
    SUM(roi.llm_eur) AS llm_eur,
    SUM(roi.tts_eur) AS tts_eur,
    SUM(roi.other_eur) AS other_eur,
    SUM(roi.stt_eur + roi.llm_eur + roi.tts_eur + roi.other_eur) AS cost_eur,
    SUM(roi.resolved * tenant.human_call_eur) AS human_eur,
    SUM(roi.resolved * tenant.human_call_eur)
        - SUM(roi.stt_eur + roi.llm_eur + roi.tts_eur + roi.other_eur) AS savings_eur,
    SUM(roi.stt_eur + roi.llm_eur + roi.tts_eur + roi.other_eur) * 1.0 / NULLIF(SUM(roi.calls), 0)
        AS cost_per_call_eur,
    SUM(roi.resolved) * 1.0 / NULLIF(SUM(roi.calls), 0) AS resolution_rate,
    SUM(roi.handled_seconds) * 1.0 / NULLIF(SUM(roi.calls), 0) AS mean_seconds,
    SUM(roi.cached_characters) * 1.0 / NULLIF(SUM(roi.cached_characters + roi.spoken_characters), 0) AS cache_rate
FROM tickets_roiday AS roi
JOIN tenants_tenant AS tenant ON tenant.id = roi.tenant_id
WHERE roi.day BETWEEN :since AND :until
GROUP BY tenant.slug
ORDER BY tenant.slug
