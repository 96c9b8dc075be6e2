-- One booking, as PostgreSQL alone would do it: two trips, everything merged into as few statements as sense allows. For pgbench.
--
-- Variables given to it: base (the first number nobody used), from_at (Unix seconds of a midnight). Each booking has a number of its own, which names its
-- practitioner and, scattered over the two years after from_at, its time. `bench_desk` holds the ten who are booked and their rooms.

\set i :i + 1
\set number :i * :clients + :client_id
\set desk :number % 10
\set slot (:number / 10 * 4001) % 6860
\set starts_at :from_at + :slot / 14 * 86400 + :slot % 14 * 1800
\set number :base + :number

\startpipeline
BEGIN;
SELECT pg_try_advisory_xact_lock(:number::bigint);
SELECT fingerprint, status, headers, body FROM idempotency_records
WHERE id = sha256(int8send(:number::bigint)) AND expires_at > clock_timestamp();
WITH locked AS MATERIALIZED (
    SELECT id FROM resources WHERE id = (SELECT resource_id FROM bench_desk WHERE number = :desk::int) ORDER BY id FOR NO KEY UPDATE
)
UPDATE resources SET version = resources.version + 1 FROM locked WHERE resources.id = locked.id
RETURNING resources.id, resources.version, clock_timestamp();
SELECT wanted.id, taken.starts, taken.ends
FROM (
    SELECT resource_id AS id FROM bench_desk WHERE number = :desk::int UNION ALL SELECT place_resource_id FROM bench_desk
) AS wanted
CROSS JOIN LATERAL (
    SELECT array_agg(extract(epoch FROM lower(during))::bigint ORDER BY during) AS starts,
           array_agg(extract(epoch FROM upper(during))::bigint ORDER BY during) AS ends
    FROM occupancies
    WHERE box(point(resource_id * '1e6'::float8, date_part('epoch', lower(during) - '1970-01-01 00:00:00+00'::timestamptz)),
              point(resource_id * '1e6'::float8, date_part('epoch', upper(during) - '1970-01-01 00:00:00+00'::timestamptz) - 1))
       && box(point(wanted.id * '1e6'::float8, :starts_at::bigint - 259200), point(wanted.id * '1e6'::float8, :starts_at::bigint + 259200))
) AS taken
WHERE taken.starts IS NOT NULL;
\endpipeline

\startpipeline
WITH desk AS MATERIALIZED (
    SELECT *, gen_random_uuid() AS patient_id, gen_random_uuid() AS appointment_id,
           to_timestamp(:starts_at::bigint) AS starts_at, to_timestamp(:starts_at::bigint + 1800) AS ends_at
    FROM bench_desk WHERE number = :desk::int
), resource AS (
    INSERT INTO resources (kind) VALUES ('patient') RETURNING id
), patient AS (
    INSERT INTO patients (id, resource_id, name, email, contacts, confirmed, search_text, version)
    SELECT patient_id, resource.id, 'Robin Example', 'robin@mail.example', '[]', false, 'robin example robin@mail.example', 1
    FROM desk, resource
), appointment AS (
    INSERT INTO appointments (
        id, reference, status, treatment_id, treatment_name, phases, buffer_before_minutes, buffer_after_minutes, practitioner_id,
        location_id, place_id, patient_id, starts_at, ends_at, time_zone, wall_start, price_amount, price_currency, version
    )
    SELECT appointment_id, 'AP-' || :number::bigint, 'booked', treatment_id, 'Sitting in a room', '[{"minutes": 30, "attended": true}]', 0, 0,
           practitioner_id, location_id, place_id, patient_id, starts_at, ends_at, 'Europe/London', starts_at AT TIME ZONE 'Europe/London', 48, 'GBP', 1
    FROM desk
), occupied AS (
    INSERT INTO occupancies (appointment_id, resource_id, during, location_id)
    SELECT appointment_id, wanted.resource_id, tstzrange(starts_at, ends_at), location_id
    FROM desk, resource, LATERAL (VALUES (desk.resource_id), (desk.place_resource_id), (resource.id)) AS wanted (resource_id)
    ORDER BY wanted.resource_id
    ON CONFLICT ON CONSTRAINT ex_occupancies_no_overlap DO NOTHING
), place AS (
    UPDATE resources SET version = version + 1 FROM desk WHERE resources.id = desk.place_resource_id
), step AS (
    INSERT INTO appointment_history (id, appointment_id, at, actor_key, verb, changes, request_id)
    SELECT gen_random_uuid(), appointment_id, clock_timestamp(), 'anonymous', 'book',
           jsonb_build_object('status', jsonb_build_array(null, 'booked'), 'starts_at', jsonb_build_array(null, starts_at),
                              'practitioner_id', jsonb_build_array(null, practitioner_id), 'location_id', jsonb_build_array(null, location_id),
                              'place_id', jsonb_build_array(null, place_id), 'patient_id', jsonb_build_array(null, patient_id)), 'pgbench'
    FROM desk
), link AS (
    INSERT INTO patient_links (hash, appointment_id, expires_at)
    SELECT sha256(uuid_send(appointment_id)), appointment_id, ends_at + interval '30 days' FROM desk
)
INSERT INTO idempotency_records (id, fingerprint, status, headers, body, expires_at)
VALUES (sha256(int8send(:number::bigint)), sha256(int8send(:number::bigint)), 201, '{"location": "/v1/appointments"}',
        convert_to(repeat('x', 1200), 'UTF8'), clock_timestamp() + interval '7 days');
COMMIT;
\endpipeline
