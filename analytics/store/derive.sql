-- What follows from the ledger as it stood at $as_of: one row a case (case_facts), a span of
-- being open (spells), a stage and how long it lasted (stages), a hand-over (transfers),
-- a rating with the case behind it (rating_facts).
-- Reads the tables of schema {src}, writes tables into schema {dst}.
-- Working time: 24 h on a working day, none on others; `through` counts working days.

CREATE OR REPLACE TABLE {dst}.step AS
WITH known AS (
    SELECT case_no, stage, happened_at, department, to_department, result
    FROM {src}.events WHERE happened_at < $as_of
), cases AS (
    SELECT * FROM {src}.cases WHERE accepted_at < $as_of
), closed AS (SELECT DISTINCT case_no FROM known WHERE stage = 'closed')
SELECT k.* FROM known k SEMI JOIN cases USING (case_no) WHERE k.stage <> 'accepted'
UNION ALL
SELECT case_no, 'accepted', accepted_at, first_department, NULL, NULL FROM cases
UNION ALL
SELECT case_no, 'closed', closed_at, department, NULL, NULL FROM cases ANTI JOIN closed USING (case_no)
WHERE closed_at < $as_of;

CREATE OR REPLACE TABLE {dst}.spell AS
WITH marks AS (
    SELECT case_no, happened_at, stage <> 'closed' AS opens
    FROM {dst}.step WHERE stage IN ('accepted', 'closed', 'reopened')
), turns AS (
    SELECT case_no, happened_at, opens FROM marks
    QUALIFY opens IS DISTINCT FROM lag(opens) OVER (PARTITION BY case_no ORDER BY happened_at, opens DESC)
)
SELECT case_no, happened_at AS opened_at, until AS closed_at, turn FROM (
    SELECT case_no, happened_at, opens,
           lead(happened_at) OVER w AS until, row_number() OVER w AS turn
    FROM turns WINDOW w AS (PARTITION BY case_no ORDER BY happened_at, opens DESC)
) WHERE opens;

-- Clock stopped: from 'paused' to the next 'resumed' or 'closed' (or still stopped), in working and in natural time.
-- Working time in whole microseconds, for it moves the end of a limit to the second.
CREATE OR REPLACE TABLE {dst}.pause AS
WITH marks AS (
    SELECT case_no, stage, happened_at, lead(happened_at) OVER (PARTITION BY case_no ORDER BY happened_at) AS until
    FROM (SELECT case_no, happened_at, if(stage = 'paused', 'paused', 'resumed') AS stage FROM {dst}.step
          WHERE stage IN ('paused', 'resumed', 'closed') QUALIFY stage IS DISTINCT FROM
          lag(stage) OVER (PARTITION BY case_no ORDER BY happened_at))
), timed AS (
    SELECT m.case_no, m.until IS NULL AS running, m.happened_at, coalesce(m.until, $as_of) AS until,
           if(a.is_workday, (a.through - 1) * {day} + epoch_us(m.happened_at) - epoch_us(a.day::TIMESTAMP), a.through * {day}) AS a_us,
           if(b.is_workday, (b.through - 1) * {day} + epoch_us(coalesce(m.until, $as_of)) - epoch_us(b.day::TIMESTAMP), b.through * {day}) AS b_us
    FROM marks m
    JOIN {src}.calendar a ON a.day = m.happened_at::DATE
    JOIN {src}.calendar b ON b.day = coalesce(m.until, $as_of)::DATE
    WHERE m.stage = 'paused'
)
SELECT case_no, sum(b_us - a_us)::BIGINT AS paused_us, sum(b_us - a_us) / {day} AS paused_days,
       sum(epoch(until - happened_at)) / 86400 AS paused_natural, bool_or(running) AS paused_now
FROM timed GROUP BY case_no;

CREATE OR REPLACE TABLE {dst}.tally AS
SELECT case_no,
       count(*) FILTER (stage = 'transferred')::SMALLINT AS transfers,
       count(*) FILTER (stage = 'returned')::SMALLINT AS returns,
       count(*) FILTER (stage = 'consulted')::SMALLINT AS consultations,
       count(*) FILTER (stage = 'supervised')::SMALLINT AS chases,
       count(*) FILTER (stage = 'reopened')::SMALLINT AS reopenings,
       count(DISTINCT coalesce(to_department, department))::SMALLINT AS departments_involved,
       min(happened_at) FILTER (stage IN ('received', 'processing', 'replied', 'consulted', 'closed', 'returned')) AS first_response_at,
       arg_max(department, happened_at) FILTER (stage = 'closed') AS closing_department,
       arg_max(to_department, happened_at) FILTER (stage = 'transferred') AS handed_to,
       max(happened_at) FILTER (stage = 'replied') AS replied_at,
       min(happened_at) FILTER (stage = 'consulted') AS first_consulted_at,
       (min(happened_at, 2) FILTER (stage = 'transferred'))[2] AS second_transferred_at,
       max(happened_at) FILTER (stage = 'followed_up') AS followed_up_at,
       arg_max(result, happened_at) FILTER (stage = 'followed_up') AS follow_result,
       -- The way it went, in time order (of one instant in the order of the list); by numbers, which sort fast.
       array_to_string(list_transform(list_sort(list(epoch_us(happened_at) * 16 + list_position({ways}, stage))
           FILTER (stage IN {ways})), lambda x: {ways}[x % 16]), '>')
       || if(bool_or(stage = 'followed_up'), '>followed_up', '') AS path
FROM {dst}.step GROUP BY case_no;

CREATE OR REPLACE TABLE {dst}.case_facts AS
WITH firms AS (
    SELECT credit_code, industry, size, street, chain, lifecycle FROM {src}.enterprises
), listed AS (
    SELECT c.case_no, arg_max(i.promised_days, i.in_force_from) AS item_days,
           arg_max(i.department, i.in_force_from) AS item_department,
           arg_max(i.module, i.in_force_from) AS item_module
    FROM {src}.cases c JOIN {src}.items i ON i.item_no = c.item_no
     AND c.accepted_at::DATE >= i.in_force_from
     AND (i.in_force_to IS NULL OR c.accepted_at::DATE <= i.in_force_to)
    GROUP BY c.case_no
), last_spell AS (
    SELECT case_no, arg_max(closed_at, opened_at) FILTER (closed_at IS NOT NULL) AS c, max(opened_at) AS o
    FROM {dst}.spell GROUP BY case_no
), joined AS (
    SELECT c.case_no, c.accepted_at,
           CASE WHEN s.c > s.o OR (s.c = s.o) THEN s.c END AS closed_at,
           coalesce(c.module, l.item_module) AS module,
           coalesce(c.department, t.handed_to, l.item_department, c.first_department) AS department,
           coalesce(c.first_department, c.department, l.item_department) AS first_department,
           c.officer_no, c.channel, c.item_no, l.case_no IS NOT NULL AS on_list,
           coalesce(c.street, f.street) AS street, coalesce(c.industry, f.industry) AS industry,
           coalesce(c.size, f.size) AS size, coalesce(c.chain, f.chain) AS chain,
           coalesce(c.lifecycle, f.lifecycle) AS lifecycle,
           c.due_at AS given_due, coalesce(c.promised_days, l.item_days) AS promised_days,
           c.promised_hours,
           t.* EXCLUDE (case_no, handed_to),
           coalesce(p.paused_us, 0) AS paused_us, coalesce(p.paused_days, 0) AS paused_days,
           coalesce(p.paused_natural, 0) AS paused_natural, coalesce(p.paused_now, false) AS paused_now
    FROM {src}.cases c
    LEFT JOIN firms f USING (credit_code) LEFT JOIN listed l USING (case_no)
    LEFT JOIN last_spell s USING (case_no) LEFT JOIN {dst}.tally t USING (case_no)
    LEFT JOIN {dst}.pause p USING (case_no)
    WHERE c.accepted_at < $as_of
), nth AS (SELECT day, through FROM {src}.calendar WHERE is_workday), due AS (
SELECT j.* EXCLUDE (given_due, paused_us, second_transferred_at),
       CASE WHEN j.paused_now THEN NULL
            WHEN j.given_due IS NOT NULL THEN
                 CASE WHEN j.given_due = j.given_due::DATE THEN j.given_due + INTERVAL 1 DAY ELSE j.given_due END
            WHEN j.promised_hours IS NOT NULL THEN
                 j.accepted_at + to_seconds(j.promised_hours * 3600 + j.paused_natural * 86400)
            WHEN j.paused_us % {day} = 0 THEN nth.day + INTERVAL 1 DAY
            ELSE nth.day + to_microseconds(j.paused_us % {day}) END::TIMESTAMP AS due_at,
       a.through - a.is_workday::INT * (1 - epoch(j.accepted_at - a.day) / 86400) AS accepted_time,
       b.through - b.is_workday::INT * (1 - epoch(j.closed_at - b.day) / 86400) AS closed_time,
       r.through - r.is_workday::INT * (1 - epoch(j.first_response_at - r.day) / 86400) AS response_time,
       k.through - k.is_workday::INT * (1 - epoch(j.first_consulted_at - k.day) / 86400) AS consulted_time,
       h.through - h.is_workday::INT * (1 - epoch(j.second_transferred_at - h.day) / 86400) AS second_transfer_time,
       g.grade, g.rated_at
FROM joined j
JOIN {src}.calendar a ON a.day = j.accepted_at::DATE
LEFT JOIN {src}.calendar b ON b.day = j.closed_at::DATE
LEFT JOIN {src}.calendar r ON r.day = j.first_response_at::DATE
LEFT JOIN {src}.calendar k ON k.day = j.first_consulted_at::DATE
LEFT JOIN {src}.calendar h ON h.day = j.second_transferred_at::DATE
-- The last working day of the limit (of none at all, 即办, the day of acceptance or the first working day after it),
-- and as much working time later as the clock stood.
LEFT JOIN nth ON nth.through = a.through + if(j.promised_days = 0 AND NOT a.is_workday, 1, j.promised_days)
                             + j.paused_us // {day} + (j.paused_us % {day} > 0)::INT
LEFT JOIN {src}.ratings g ON g.case_no = j.case_no AND g.rated_at < $as_of
)
SELECT *, (due_at - INTERVAL 1 MICROSECOND)::DATE AS due_day FROM due ORDER BY accepted_at, case_no;

CREATE OR REPLACE TABLE {dst}.spells AS
SELECT s.case_no, s.opened_at, s.closed_at, s.turn > 1 AS again, f.due_at, d.through AS due_through,
       CASE WHEN s.closed_at IS NULL OR s.closed_at > greatest(s.opened_at, f.due_at)
            THEN if(f.due_at IS NULL, NULL, greatest(s.opened_at, f.due_at)) END AS overdue_at,
       f.chases, f.consultations, f.transfers, f.path,
       f.accepted_at, f.module, f.department, f.first_department, f.channel, f.street, f.industry, f.size, f.chain,
       f.lifecycle, f.item_no, f.officer_no
FROM {dst}.spell s JOIN {dst}.case_facts f USING (case_no)
LEFT JOIN {src}.calendar d ON d.day = f.due_day
ORDER BY s.opened_at, s.case_no;

CREATE OR REPLACE TABLE {dst}.stages AS
WITH ordered AS (
    SELECT case_no, stage, happened_at, department, to_department, result,
           lead(happened_at) OVER w AS until, lead(stage) OVER w AS next_stage
    FROM {dst}.step WHERE stage <> 'followed_up'
    WINDOW w AS (PARTITION BY case_no ORDER BY happened_at, list_position({stages}, stage))
)
SELECT o.case_no, o.stage, o.happened_at, o.until, o.next_stage, o.department AS actor, o.to_department,
       f.accepted_at, f.module, f.department, f.first_department, f.channel, f.street, f.industry, f.size, f.chain,
       f.lifecycle, f.item_no, f.officer_no,
       a.through - a.is_workday::INT * (1 - epoch(o.happened_at - a.day) / 86400) AS happened_time,
       b.through - b.is_workday::INT * (1 - epoch(o.until - b.day) / 86400) AS until_time
FROM ordered o JOIN {dst}.case_facts f USING (case_no)
JOIN {src}.calendar a ON a.day = o.happened_at::DATE
LEFT JOIN {src}.calendar b ON b.day = o.until::DATE
ORDER BY o.happened_at, o.case_no;

-- One row a hand-over: when it was taken on (whole working days later) and whether it came back.
CREATE OR REPLACE TABLE {dst}.transfers AS
WITH numbered AS (
    SELECT case_no, stage, happened_at, department, to_department,
           count(*) FILTER (stage = 'transferred') OVER (PARTITION BY case_no ORDER BY happened_at, stage DESC) AS turn
    FROM {dst}.step WHERE stage IN ('transferred', 'received', 'processing', 'returned')
), turns AS (
    SELECT case_no, min(happened_at) FILTER (stage = 'transferred') AS happened_at,
           any_value(department) FILTER (stage = 'transferred') AS from_department,
           any_value(to_department) FILTER (stage = 'transferred') AS to_department,
           min(happened_at) FILTER (stage IN ('received', 'processing')) AS received_at,
           bool_or(stage = 'returned') AS returned
    FROM numbered WHERE turn > 0 GROUP BY case_no, turn
)
SELECT t.*, b.through - a.through AS received_days, a.through AS happened_through,
       f.accepted_at, f.module, f.department, f.first_department, f.channel, f.street, f.industry, f.size, f.chain,
       f.lifecycle, f.item_no, f.officer_no
FROM turns t JOIN {dst}.case_facts f USING (case_no)
JOIN {src}.calendar a ON a.day = t.happened_at::DATE
LEFT JOIN {src}.calendar b ON b.day = t.received_at::DATE
ORDER BY t.happened_at, t.case_no;

CREATE OR REPLACE TABLE {dst}.rating_facts AS
SELECT r.case_no, r.grade, r.rated_at, r.comment,
       CASE WHEN r.called_back_at < $as_of THEN r.called_back_at END AS called_back_at,
       CASE WHEN r.rectified_at < $as_of THEN r.rectified_at END AS rectified_at,
       d.through AS rated_through, b.through - d.through AS called_back_days, c.through - d.through AS rectified_days,
       f.closed_at, f.closed_at > f.due_at AS late, f.transfers > 0 AS handed_over, f.reopenings > 0 AS redone,
       f.closed_time - f.accepted_time - f.paused_days AS handled_days, f.path,
       f.accepted_at, f.module, f.department, f.first_department, f.channel, f.street, f.industry, f.size, f.chain,
       f.lifecycle, f.item_no, f.officer_no
FROM {src}.ratings r JOIN {dst}.case_facts f USING (case_no)
JOIN {src}.calendar d ON d.day = r.rated_at::DATE
LEFT JOIN {src}.calendar b ON b.day = r.called_back_at::DATE AND r.called_back_at < $as_of
LEFT JOIN {src}.calendar c ON c.day = r.rectified_at::DATE AND r.rectified_at < $as_of
WHERE r.rated_at < $as_of
ORDER BY r.rated_at, r.case_no;

DROP TABLE {dst}.step;
DROP TABLE {dst}.spell;
DROP TABLE {dst}.pause;
DROP TABLE {dst}.tally;
