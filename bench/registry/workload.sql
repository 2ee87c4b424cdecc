-- The workload of the sample database (format: docs/cli.md).
--
-- Weights are such that in a few thousand operations the pages that people wait for, and the writes,
-- have enough samples for percentiles; the slow analyses run now and then.  Writes leave the data
-- as they found it, as far as statistics go: a status that changes changes back, as many versions
-- are registered as deleted, and only runs are added (less than one per thousand rows in a run).

-- name: dashboard
-- weight: 30
-- about: latest deployments of the last 30 days with their version and model
SELECT d.deployment_id, d.deployed_at, d.status, d.replicas, d.deployed_by, v.semver, m.model_name, m.team
FROM deployments d
JOIN model_versions v ON v.version_id = d.version_id
JOIN models m ON m.model_id = v.model_id
WHERE d.deployed_at > now() - interval '30 days'
ORDER BY d.deployed_at DESC
LIMIT 50;

-- name: experiment_page
-- weight: 25
-- about: best runs of one experiment in the last 7 days
-- param: experiment = lookup zipf(1) SELECT experiment_name FROM training_runs GROUP BY 1 ORDER BY 1
SELECT run_id, model_name, status, accuracy, created_at
FROM training_runs
WHERE experiment_name = :experiment AND created_at > now() - interval '7 days'
ORDER BY accuracy DESC NULLS LAST
LIMIT 20;

-- The join multiplies each version's runs by its deployments.  Over all teams at once that is ten
-- million rows at scale 1.
-- name: model_statistics
-- weight: 1
-- about: versions, runs, deployments and best accuracy per active model of a team (three-way fan-out)
-- param: team = lookup SELECT DISTINCT team FROM models ORDER BY 1
SELECT m.model_id, m.model_name,
       count(DISTINCT v.version_id) AS versions, count(DISTINCT r.run_id) AS runs,
       count(DISTINCT d.deployment_id) AS deployments, max(r.accuracy) AS best_accuracy
FROM models m
LEFT JOIN model_versions v ON v.model_id = m.model_id
LEFT JOIN training_runs r ON r.version_id = v.version_id
LEFT JOIN deployments d ON d.version_id = v.version_id
WHERE m.is_active AND m.team = :team
GROUP BY m.model_id, m.model_name
ORDER BY runs DESC;

-- name: status_check
-- weight: 20
-- about: what is active in one environment, newest first
-- param: environment = choice(1 6, 2 3, 3 1)
SELECT d.deployment_id, d.deployed_at, d.replicas, v.semver, m.model_name
FROM deployments d
JOIN model_versions v ON v.version_id = d.version_id
JOIN models m ON m.model_id = v.model_id
WHERE d.environment_id = :environment AND d.status = 'active'
ORDER BY d.deployed_at DESC
LIMIT 100;

-- name: model_analytics
-- weight: 1
-- about: models created in the last 90 days with their deployments and runs (fan-out again)
-- param: runs = uniform(5, 20)
SELECT m.model_id, m.model_name,
       count(DISTINCT d.deployment_id) FILTER (WHERE d.status = 'active') AS active_deployments,
       count(DISTINCT r.run_id) FILTER (WHERE r.status = 'succeeded') AS succeeded_runs,
       avg(r.accuracy) FILTER (WHERE r.status = 'succeeded') AS mean_accuracy
FROM models m
JOIN model_versions v ON v.model_id = m.model_id
LEFT JOIN deployments d ON d.version_id = v.version_id
LEFT JOIN training_runs r ON r.version_id = v.version_id
WHERE m.created_at > now() - interval '90 days'
GROUP BY m.model_id, m.model_name
HAVING count(DISTINCT r.run_id) > :runs
ORDER BY mean_accuracy DESC NULLS LAST;

-- name: runs_by_optimizer
-- weight: 3
-- about: runs with a rare optimizer (0.2 to 0.4 % of all)
-- param: wanted = choice('{"optimizer":"adamw"}' 4, '{"optimizer":"lamb"}' 2, '{"optimizer":"lion"}' 2)
SELECT run_id, model_name, experiment_name, accuracy
FROM training_runs
WHERE hyperparameters @> :wanted
ORDER BY accuracy DESC NULLS LAST
LIMIT 50;

-- name: runs_by_hyperparameters
-- weight: 2
-- about: newest succeeded runs with a combination of hyperparameters (0.1 % of all)
-- param: wanted = choice('{"optimizer":"adamw","batch_size":128}', '{"optimizer":"lamb","dropout":0.2}', '{"optimizer":"adamw","learning_rate":0.001}')
SELECT run_id, model_name, accuracy, created_at
FROM training_runs
WHERE hyperparameters @> :wanted AND status = 'succeeded'
ORDER BY created_at DESC
LIMIT 20;

-- Not in the default mix, so that an index made for it is seen to be unused (--mix
-- versions_by_framework=3 brings it in).
-- name: versions_by_framework
-- weight: 0
-- about: versions made with a rare framework (under 1 % of all)
-- param: wanted = choice('{"framework":"pytorch"}')
SELECT version_id, model_id, semver, registered_at
FROM model_versions
WHERE metadata_ @> :wanted
ORDER BY registered_at DESC
LIMIT 50;

-- name: success_rate
-- weight: 3
-- about: runs and their accuracy by status, for one model
-- param: model = lookup zipf(1) SELECT model_name FROM models ORDER BY model_id
SELECT model_name, status, count(*) AS runs, avg(accuracy) AS mean_accuracy, max(created_at) AS latest
FROM training_runs
WHERE model_name = :model
GROUP BY model_name, status;

-- name: approved_versions
-- weight: 3
-- about: approved versions, newest first
SELECT a.approval_id, a.approved_at, a.approver, v.version_id, v.semver, m.model_name
FROM approvals a
JOIN model_versions v ON v.version_id = a.version_id
JOIN models m ON m.model_id = v.model_id
WHERE a.status = 'approved'
ORDER BY a.approved_at DESC
LIMIT 50;

-- name: runs_of_day
-- weight: 1
-- about: runs of one day by date(created_at): a function on the column
-- param: day = date(-60 days, now)
SELECT status, count(*) AS runs, avg(accuracy) AS mean_accuracy
FROM training_runs
WHERE date(created_at) = :day
GROUP BY status;

-- name: runs_page_500
-- weight: 1
-- about: page 500 of all runs by OFFSET
SELECT *
FROM training_runs
ORDER BY created_at DESC
LIMIT 20 OFFSET 9980;

-- name: runs_by_model_or_experiment
-- weight: 1
-- about: OR over two columns
-- param: model = lookup zipf(0.5) SELECT model_name FROM models ORDER BY model_id
-- param: experiment = lookup zipf(0.5) SELECT experiment_name FROM training_runs GROUP BY 1 ORDER BY 1
SELECT run_id, model_name, experiment_name, status, accuracy
FROM training_runs
WHERE model_name = :model OR experiment_name = :experiment
ORDER BY created_at DESC
LIMIT 50;

-- name: models_without_versions
-- weight: 1
-- about: NOT IN over a subquery
SELECT model_id, model_name, team
FROM models
WHERE model_id NOT IN (SELECT model_id FROM model_versions);

-- name: ingest_run
-- weight: 8
-- kind: write
-- about: a run is recorded, and later finished: INSERT, then UPDATE by primary key
-- param: run = uuid
-- param: version, model = lookup zipf(0.5) SELECT v.version_id, m.model_name FROM model_versions v JOIN models m USING (model_id) WHERE NOT v.metadata_ @> '{"tags":["draft"]}' ORDER BY v.version_id DESC LIMIT 2000
-- param: experiment = lookup zipf(1) SELECT experiment_name FROM training_runs GROUP BY 1 ORDER BY 1
-- param: optimizer = choice('sgd' 45, 'adam' 40, 'rmsprop' 14, 'adamw' 1)
-- param: accuracy = uniform(5500, 9999)
INSERT INTO training_runs (run_id, version_id, model_name, experiment_name, status, started_at, hyperparameters)
VALUES (:run, :version, :model, :experiment, 'running', now(),
        jsonb_build_object('optimizer', :optimizer::text, 'batch_size', 64, 'epochs', 20, 'dropout', 0.1,
                           'learning_rate', 0.003));
UPDATE training_runs
SET status = 'succeeded', accuracy = :accuracy / 10000.0, metrics = '{"f1": 0.9, "loss": 0.25, "epochs_run": 20}'
WHERE run_id = :run;

-- name: roll_out
-- weight: 5
-- kind: write
-- about: a deployment's status changes, and changes back
-- param: deployment, status = lookup SELECT deployment_id, status FROM deployments WHERE environment_id = 1 AND status <> 'pending' ORDER BY deployment_id DESC LIMIT 2000
UPDATE deployments SET status = 'pending' WHERE deployment_id = :deployment;
UPDATE deployments SET status = :status WHERE deployment_id = :deployment;

-- name: register_version
-- weight: 1
-- kind: write
-- about: a draft version is registered
-- param: model = lookup zipf(1) SELECT model_id FROM models ORDER BY model_id
-- param: patch = uniform(0, 99)
INSERT INTO model_versions (model_id, semver, metadata_)
VALUES (:model, '5.0.' || :patch, '{"framework": "sklearn", "python": "3.12", "tags": ["draft"]}');

-- name: delete_version
-- weight: 1
-- kind: write
-- about: a draft is deleted; each foreign key that refers to it is checked
-- param: version = lookup each SELECT version_id FROM model_versions WHERE metadata_ @> '{"tags":["draft"]}' ORDER BY version_id
DELETE FROM model_versions WHERE version_id = :version;
