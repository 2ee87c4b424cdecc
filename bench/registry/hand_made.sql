-- The published tuning of this scenario by hand: 18 indexes, against which advice is measured.

-- Foreign keys.
CREATE INDEX ON model_versions (model_id);
CREATE INDEX ON training_runs (version_id);
CREATE INDEX ON deployments (version_id);
CREATE INDEX ON deployments (environment_id);
CREATE INDEX ON approvals (version_id);

-- Times.
CREATE INDEX ON deployments (deployed_at DESC);
CREATE INDEX ON training_runs (created_at DESC);
CREATE INDEX ON model_versions (registered_at DESC);
CREATE INDEX ON training_runs USING brin (started_at);

-- Composite and covering.
CREATE INDEX ON training_runs (experiment_name, created_at DESC) INCLUDE (accuracy, status);
CREATE INDEX ON training_runs (model_name, status) INCLUDE (accuracy, created_at);
CREATE INDEX ON deployments (environment_id, status, deployed_at DESC) INCLUDE (version_id);

-- Partial.
CREATE INDEX ON deployments (version_id, deployed_at DESC) WHERE environment_id = 1 AND status = 'active';
CREATE INDEX ON training_runs (model_name, created_at DESC) INCLUDE (accuracy, run_id) WHERE status = 'succeeded';
CREATE INDEX ON approvals (version_id, approved_at DESC) WHERE status = 'approved';

-- Documents.
CREATE INDEX ON training_runs USING gin (hyperparameters jsonb_path_ops);
CREATE INDEX ON training_runs USING gin (metrics jsonb_path_ops);
CREATE INDEX ON model_versions USING gin (metadata_ jsonb_path_ops);
