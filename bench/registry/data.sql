-- Rows of the sample database, for :scale (1 is a million training runs) and :seed, at the moment of
-- loading.  By hand: psql -1 -v scale=1 -v seed=42 -f schema.sql -f data.sql -f keys.sql
--
-- Every value is a function of (row number, seed, column), by a hash that PostgreSQL may not change,
-- because hash partitions are stored by it: the same scale and seed give the same rows on every
-- version, platform and plan.
--
-- One idea gives the times and their skew: row i of n stands at the point p = i/n of the registry's
-- history, and its age is 18 months * (1 - p)^1.5, so that 5 % of the rows are from the last 7 days.
-- A row refers only to rows that existed at its time, because it draws from the first p * n of them.
-- Models and experiments are drawn by Zipf's law (the k-th with probability ~ 1/k: the greatest k
-- below n^draw), versions mostly from the latest.
--
-- One version in twenty is a draft that nothing refers to (numbers 7, 27, 47, ...).

-- step: environments
SET LOCAL TimeZone = 'UTC';  -- days of 24 hours
CREATE FUNCTION pg_temp.draw(row_number bigint, salt bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (hashint8extended(row_number, salt) & 9007199254740991) * (1 / 9007199254740992::double precision);

CREATE FUNCTION pg_temp.age(p double precision) RETURNS interval
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (1 - p) * sqrt(1 - p) * interval '548 days';

CREATE TEMPORARY TABLE size ON COMMIT DROP AS
SELECT greatest(40, round(2000 * scale)) AS models,
       greatest(400, round(20000 * scale)) AS versions,
       greatest(50, round(1000 * sqrt(scale))) AS experiments,
       greatest(1000, round(1000000 * scale)) AS runs,
       greatest(1000, round(200000 * scale)) AS deployments,
       greatest(300, round(60000 * scale)) AS approvals
FROM (SELECT :scale::double precision AS scale) AS given;

INSERT INTO environments VALUES (1, 'production'), (2, 'staging'), (3, 'development');

-- step: models
INSERT INTO models (model_id, model_name, team, is_active, created_at)
SELECT i,
       (ARRAY['churn', 'fraud', 'ranking', 'pricing', 'vision', 'speech', 'forecast', 'search', 'spam', 'intent'])
           [1 + floor(10 * pg_temp.draw(i, :seed * 100 + 11))::int] || '-' ||
       (ARRAY['classifier', 'regressor', 'encoder', 'ranker', 'detector'])
           [1 + floor(5 * pg_temp.draw(i, :seed * 100 + 12))::int] || '-' || lpad(i::text, 5, '0'),
       'team-' || lpad((1 + floor(40 * pg_temp.draw(i, :seed * 100 + 13)))::text, 2, '0'),
       pg_temp.draw(i, :seed * 100 + 14) < 0.9,
       now() - pg_temp.age((i - 1) / models)
FROM size, generate_series(1, models::bigint) AS i
ORDER BY i;

-- step: model_versions
INSERT INTO model_versions (version_id, model_id, semver, registered_at, metadata_)
SELECT i,
       floor(power(1 + models * p, draw)),
       1 + i % 4 || '.' || i % 13 || '.' || i % 7,
       now() - pg_temp.age(p),
       jsonb_build_object(
           'framework', CASE WHEN framework < 0.008 THEN 'pytorch' WHEN framework < 0.5 THEN 'tensorflow'
                             WHEN framework < 0.85 THEN 'sklearn' ELSE 'xgboost' END,
           'python', (ARRAY['3.9', '3.10', '3.11', '3.12'])[1 + i % 4],
           'tags', CASE WHEN i % 20 = 7 THEN '["draft"]'::jsonb
                        WHEN i % 3 = 0 THEN '["baseline", "nightly"]' ELSE '["candidate"]' END,
           'artifact', 's3://registry/artifacts/' || to_hex(hashint8extended(i, :seed * 100 + 23)),
           'size_mb', 5 + floor(900 * pg_temp.draw(i, :seed * 100 + 24)))
FROM (SELECT i, (i - 1) / versions AS p, models,
             pg_temp.draw(i, :seed * 100 + 21) AS draw, pg_temp.draw(i, :seed * 100 + 22) AS framework
      FROM size, generate_series(1, versions::bigint) AS i
      ORDER BY i) AS version;

-- step: training_runs
INSERT INTO training_runs (run_id, version_id, started_at, created_at, accuracy, status, model_name, experiment_name,
                           hyperparameters, metrics)
SELECT encode(int8send(hash) || int8send(hashint8extended(i, :seed * 100 + 31)), 'hex')::uuid,
       version_id,
       CASE WHEN status <> 'queued'
            THEN least(created_at + interval '2 minutes' * pg_temp.draw(i, :seed * 100 + 32), now()) END,
       created_at,
       CASE WHEN status = 'succeeded' THEN accuracy END,
       status,
       model_name,
       'exp-' || lpad(experiment::text, 4, '0') || '-' ||
       (ARRAY['baseline', 'ablation', 'sweep', 'finetune', 'distill', 'augment', 'longrun'])[1 + experiment % 7],
       ('{"optimizer": "' ||
        CASE WHEN optimizer < 0.004 THEN 'adamw' WHEN optimizer < 0.006 THEN 'lamb' WHEN optimizer < 0.008 THEN 'lion'
             WHEN optimizer < 0.40 THEN 'adam' WHEN optimizer < 0.85 THEN 'sgd' ELSE 'rmsprop' END ||
        '", "learning_rate": ' ||
        (ARRAY['0.1', '0.03', '0.01', '0.003', '0.001', '0.0003'])[1 + (hash & 1023) % 6] ||
        ', "batch_size": ' || (16 << ((hash >> 10) & 1023)::int % 6) ||
        ', "epochs": ' || 5 + ((hash >> 20) & 1023) % 60 ||
        ', "dropout": 0.' || ((hash >> 30) & 1023) % 6 || '}')::jsonb,
       CASE WHEN status = 'succeeded'
            THEN ('{"loss": ' || round((1.2 - accuracy)::numeric, 4) ||
                  ', "f1": ' || round((accuracy * 0.97)::numeric, 4) ||
                  ', "epochs_run": ' || 5 + ((hash >> 20) & 1023) % 60 ||
                  ', "gpu_minutes": ' || ((hash >> 40) & 1023) || '}')::jsonb
            ELSE '{}' END
FROM (SELECT i, version_id, model_name,
             now() - pg_temp.age(p) AS created_at,
             hashint8extended(i, :seed * 100 + 33) AS hash,
             pg_temp.draw(i, :seed * 100 + 34) AS optimizer,
             floor(power(1 + experiments, pg_temp.draw(i, :seed * 100 + 35)))::int AS experiment,
             round((1 - 0.45 * draw * draw)::numeric, 4)::double precision AS accuracy,
             -- The newest runs are still at work.
             CASE WHEN p > 0.985 AND outcome < 0.40 THEN 'running'
                  WHEN p > 0.985 AND outcome < 0.65 THEN 'queued'
                  WHEN outcome * 1000 - floor(outcome * 1000) < 0.81 THEN 'succeeded'
                  ELSE 'failed' END AS status
      FROM (SELECT i, p, version_id, model_name, experiments,
                   pg_temp.draw(i, :seed * 100 + 36) AS draw, pg_temp.draw(i, :seed * 100 + 37) AS outcome
            FROM (SELECT i, p, experiments, version - (version % 20 = 7)::int AS version_id  -- no draft
                  FROM (SELECT i, (i - 1) / runs AS p, experiments,
                               1 + floor(versions * ((i - 1) / runs) *
                                         (1 - power(pg_temp.draw(i, :seed * 100 + 38), 3)))::bigint AS version
                        FROM size, generate_series(1, runs::bigint) AS i
                        OFFSET 0) AS drawn
                  OFFSET 0) AS run
                 JOIN model_versions USING (version_id)
                 JOIN models USING (model_id)
            ORDER BY i) AS run  -- stored in the order of time, as an application stores them
      OFFSET 0) AS run;

-- step: deployments
INSERT INTO deployments (deployment_id, version_id, deployed_at, environment_id, replicas, status, deployed_by)
SELECT i,
       version - (version % 20 = 7)::int,
       now() - pg_temp.age(p),
       environment_id,
       CASE WHEN environment_id = 1 THEN 2 + (hash & 7) ELSE 1 END,
       CASE environment_id
           WHEN 1 THEN CASE WHEN outcome < 0.05 THEN 'active' WHEN outcome < 0.82 THEN 'retired'
                            WHEN outcome < 0.91 THEN 'rolled_back' WHEN outcome < 0.97 THEN 'failed'
                            ELSE 'pending' END
           WHEN 2 THEN CASE WHEN outcome < 0.15 THEN 'active' WHEN outcome < 0.80 THEN 'retired'
                            WHEN outcome < 0.83 THEN 'rolled_back' WHEN outcome < 0.98 THEN 'failed'
                            ELSE 'pending' END
           ELSE CASE WHEN outcome < 0.40 THEN 'active' WHEN outcome < 0.70 THEN 'retired'
                     WHEN outcome < 0.98 THEN 'failed' ELSE 'pending' END
       END,
       CASE WHEN environment_id = 1 THEN 'release-bot' ELSE 'engineer-' || lpad((hash & 127)::text, 3, '0') END
FROM (SELECT i, p,
             1 + floor(versions * p * (1 - power(pg_temp.draw(i, :seed * 100 + 41), 3)))::bigint AS version,
             CASE WHEN place < 0.30 THEN 1 WHEN place < 0.60 THEN 2 ELSE 3 END AS environment_id,
             pg_temp.draw(i, :seed * 100 + 42) AS outcome,
             hashint8extended(i, :seed * 100 + 43) AS hash
      FROM (SELECT i, (i - 1) / deployments AS p, versions, pg_temp.draw(i, :seed * 100 + 44) AS place
            FROM size, generate_series(1, deployments::bigint) AS i
            ORDER BY i) AS deployment
      OFFSET 0) AS deployment;

-- step: approvals
INSERT INTO approvals (approval_id, version_id, approved_at, status, approver)
SELECT i,
       version - (version % 20 = 7)::int,
       CASE WHEN outcome < 0.85 THEN now() - pg_temp.age(p) END,
       CASE WHEN outcome < 0.30 THEN 'approved' WHEN outcome < 0.85 THEN 'rejected' ELSE 'pending' END,
       'reviewer-' || lpad((1 + floor(40 * pg_temp.draw(i, :seed * 100 + 51)))::text, 2, '0')
FROM (SELECT i, p, 1 + floor(versions * p * (1 - power(pg_temp.draw(i, :seed * 100 + 52), 3)))::bigint AS version,
             pg_temp.draw(i, :seed * 100 + 53) AS outcome
      FROM (SELECT i, (i - 1) / approvals AS p, versions
            FROM size, generate_series(1, approvals::bigint) AS i
            ORDER BY i) AS approval
      OFFSET 0) AS approval;
