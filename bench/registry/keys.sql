-- Primary and foreign keys, and no other index: where tuning starts.

-- step: keys
ALTER TABLE environments ADD PRIMARY KEY (environment_id);
ALTER TABLE models ADD PRIMARY KEY (model_id), ADD UNIQUE (model_name);
ALTER TABLE model_versions ADD PRIMARY KEY (version_id);
ALTER TABLE training_runs ADD PRIMARY KEY (run_id);
ALTER TABLE deployments ADD PRIMARY KEY (deployment_id);
ALTER TABLE approvals ADD PRIMARY KEY (approval_id);

ALTER TABLE model_versions ADD FOREIGN KEY (model_id) REFERENCES models;
ALTER TABLE training_runs ADD FOREIGN KEY (version_id) REFERENCES model_versions;
ALTER TABLE deployments ADD FOREIGN KEY (version_id) REFERENCES model_versions,
                        ADD FOREIGN KEY (environment_id) REFERENCES environments;
ALTER TABLE approvals ADD FOREIGN KEY (version_id) REFERENCES model_versions;

SELECT setval(pg_get_serial_sequence('models', 'model_id'), max(model_id)) FROM models;
SELECT setval(pg_get_serial_sequence('model_versions', 'version_id'), max(version_id)) FROM model_versions;
SELECT setval(pg_get_serial_sequence('deployments', 'deployment_id'), max(deployment_id)) FROM deployments;
SELECT setval(pg_get_serial_sequence('approvals', 'approval_id'), max(approval_id)) FROM approvals;
