-- The log. {key} is the type of the ids of organizations, users and resources: uuid, or text with
-- the collation "C".

-- The roles are the cluster's. daybook_app is granted to whoever records: it inserts, and sees of
-- what is there keys alone. It may become, for one transaction each, daybook_reader, which sees one
-- organization, and daybook_follower, which gives entries their places and reads them in that
-- order. Noinherit is what keeps the three apart.
do $$
declare
	r text;
begin
	foreach r in array array['daybook_app', 'daybook_reader', 'daybook_follower'] loop
		if not exists (select from pg_roles where rolname = r) then
			begin
				execute format('create role %I nologin noinherit', r);
			exception when duplicate_object or unique_violation then
				null; -- made for another database at the same moment
			end;
		end if;
	end loop;
	if not pg_has_role('daybook_app', 'daybook_reader', 'member') or not pg_has_role('daybook_app', 'daybook_follower', 'member') then
		grant daybook_reader, daybook_follower to daybook_app;
	end if;
	execute format('grant usage on schema %I to daybook_app, daybook_reader, daybook_follower', current_schema());
end
$$;

-- The type by which statements name the key type without knowing it.
create domain daybook_key as {key};

create table activity_log (
	id              uuid         not null,
	action          varchar(20)  not null,
	resource_type   varchar(100) not null,
	resource_id     {key},
	user_id         {key},
	organization_id {key}        not null check (organization_id::text <> ''),
	request_id      varchar(255),
	details         jsonb,
	ip_address      varchar(45),
	user_agent      varchar(500),
	created_at      timestamptz  not null, -- the time that id carries
	updated_at      timestamptz  not null,
	actor_type      varchar(20)  not null,
	outcome         varchar(20)  not null,
	recorded_by     varchar(255),
	kind            smallint     not null default 1,
	leaf_version    smallint,              -- from here on: the ledger's
	salt            bytea,
	control         text,
	erased          text,
	primary key (organization_id, id)
) partition by range (id);

-- Together the partitions are all there can be, so no entry is refused for want of one. Months are
-- cut off from "late" ahead of time, see partition.go. There is no default partition: the planner
-- reads the newest page from ordered partitions only where there is none.
create table activity_log_early partition of activity_log for values from (minvalue) to ('{now}');
create table activity_log_late partition of activity_log for values from ('{now}') to (maxvalue);

create index activity_log_resource on activity_log (organization_id, resource_id, id) where resource_id is not null;
create index activity_log_user on activity_log (organization_id, user_id, id) where user_id is not null;
create index activity_log_denied on activity_log (organization_id, id) where outcome = 'denied';
create index activity_log_created on activity_log using brin (created_at);
create index activity_log_control on activity_log (organization_id, id) where kind <> 1;

-- One row per organization: its place among the logs, and how long its log is.
create table ledger (
	slot            bigint generated always as identity primary key,
	organization_id {key}  not null unique,
	epoch           int    not null default 1,
	size            bigint not null default 0
);

-- Committed entries that have no place yet, with what the rollup groups them by. Rows come and go,
-- so dead ones must not pile up.
create table ledger_pending (
	seq             bigint generated always as identity primary key,
	organization_id {key} not null,
	id              uuid  not null,
	action          varchar(20)  not null,
	resource_type   varchar(100) not null,
	actor_type      varchar(20)  not null,
	outcome         varchar(20)  not null,
	leaf_hash       bytea,
	queued_at       timestamptz not null default clock_timestamp()
) with (autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- The total order.
create table ledger_sequence (
	position   bigint primary key,
	slot       bigint not null,
	leaf_index bigint not null,
	id         uuid   not null,
	leaf_hash  bytea,
	unique (slot, leaf_index)
);
create index ledger_sequence_id on ledger_sequence (id);

-- The tree of each log: hashes by the tile (https://c2sp.org/tlog-tiles), written once, when full.
-- Hashes do not compress.
create table ledger_tile (
	slot  bigint   not null,
	level smallint not null,
	n     bigint   not null,
	data  bytea    not null,
	primary key (slot, level, n)
);
alter table ledger_tile alter column data set storage external;

create table ledger_checkpoint (
	slot bigint not null,
	size bigint not null,
	note text   not null,
	primary key (slot, size)
);

-- Erasure lists and sweep sets, by their SHA-256.
create table ledger_list (
	digest  bytea primary key,
	content bytea not null
);

-- One row: the deployment's name, in which all logs are signed; the next place, and how far the queue has been read. Numbers of the queue from hint on
-- have not been looked at; the gaps are ranges of smaller ones that were missing, and may still be
-- committed by a transaction below gap_mark. What has a place up to "folded" is in the rollup.
create table ledger_order (
	one           boolean primary key default true check (one),
	deployment    text     not null,
	epoch         int      not null,
	next_position bigint   not null,
	hint          bigint   not null default 1,
	gap_low       bigint[] not null default '{}',
	gap_high      bigint[] not null default '{}',
	gap_mark      bigint[] not null default '{}',
	folded        bigint   not null default 0
);
insert into ledger_order (deployment, epoch, next_position) values ({deployment}, 1, 1);

create table ledger_follower (
	name       text collate "C" primary key,
	epoch      int    not null,
	position   bigint not null,
	updated_at timestamptz not null default now()
);

-- How many entries each organization has: by UTC days, with their hours, where span is 1, and by
-- months where it is 2. A tally is a list of counts by action, resource type, actor type and outcome
-- (tally.go). The sequencer, which is one, keeps it, so that writers never meet in one row. Every
-- entry is counted in exactly one of three: here when it has a place up to ledger_order.folded, in
-- daybook_rollup_recent when it has a later place, and in ledger_pending when it has none.
create table daybook_rollup (
	organization_id {key}    not null,
	span            smallint not null check (span in (1, 2)),
	start           date     not null,
	tally           bytea    not null,
	primary key (organization_id, span, start)
);

-- What the last rounds of the sequencer added, by the hour. Rounds append here and change nothing:
-- a row of the rollup that every round changed would leave hundreds of versions behind while
-- someone holds a snapshot. position is the last one of the round.
create table daybook_rollup_recent (
	position        bigint       not null,
	organization_id {key}        not null,
	start           timestamptz  not null,
	action          varchar(20)  not null,
	resource_type   varchar(100) not null,
	actor_type      varchar(20)  not null,
	outcome         varchar(20)  not null,
	entries         bigint       not null
) with (autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create index daybook_rollup_recent_position on daybook_rollup_recent (position);

-- Small records of the server, such as API keys and saved views. The organization '' is the
-- deployment itself.
create table daybook_document (
	kind         text   collate "C" not null,
	organization text   collate "C" not null,
	name         text   collate "C" not null,
	revision     bigint not null,
	content      bytea  not null,
	updated_at   timestamptz not null,
	expires_at   timestamptz,
	primary key (kind, organization, name)
);
create index daybook_document_expires on daybook_document (expires_at) where expires_at is not null;

-- What is missing must be an error: an unset organization that simply matched nothing would look
-- like an empty log.
create function daybook_organization() returns {key_name} language plpgsql stable parallel safe as $$
declare
	organization text := current_setting('daybook.organization', true);
begin
	if organization is null or organization = '' then -- '' is what it is behind a transaction that had one
		raise exception 'no organization: select set_config(''daybook.organization'', ..., true) in this transaction first'
			using errcode = 'insufficient_privilege';
	end if;
	return organization;
end
$$;

alter table activity_log enable row level security;
alter table activity_log force row level security;
create policy own_organization on activity_log for select to public using (organization_id = (select daybook_organization()));
create policy record on activity_log for insert to daybook_app with check (true);
create policy keys on activity_log for select to daybook_app using (true); -- by grant, of two columns
create policy follow on activity_log for select to daybook_follower using (true);

alter table ledger_pending enable row level security;
alter table ledger_pending force row level security;
create policy own_organization on ledger_pending for select to public using (organization_id = (select daybook_organization()));
create policy queue on ledger_pending for insert to daybook_app with check (true);
create policy sequence on ledger_pending for all to daybook_follower using (true);

alter table daybook_rollup enable row level security;
alter table daybook_rollup force row level security;
create policy own_organization on daybook_rollup for select to public using (organization_id = (select daybook_organization()));
create policy fold on daybook_rollup for all to daybook_follower using (true);

alter table daybook_rollup_recent enable row level security;
alter table daybook_rollup_recent force row level security;
create policy own_organization on daybook_rollup_recent for select to public using (organization_id = (select daybook_organization()));
create policy fold on daybook_rollup_recent for all to daybook_follower using (true);

grant insert on activity_log to daybook_app;
grant select (organization_id, id) on activity_log to daybook_app;
grant insert (organization_id, id, action, resource_type, actor_type, outcome, leaf_hash) on ledger_pending to daybook_app;
grant select on daybook_schema, ledger_order to daybook_app;
grant select, insert, update, delete on daybook_document to daybook_app;
grant select on activity_log to daybook_reader, daybook_follower;
grant select (seq, organization_id, id, action, resource_type, actor_type, outcome) on ledger_pending to daybook_reader;
grant select on ledger_order, daybook_rollup, daybook_rollup_recent to daybook_reader;
grant select, delete on ledger_pending to daybook_follower;
grant select, insert on ledger_sequence, ledger_tile, ledger_checkpoint, ledger_list to daybook_follower;
grant select, insert, update on ledger, ledger_follower to daybook_follower;
grant select, update on ledger_order to daybook_follower;
grant select, insert, update on daybook_rollup to daybook_follower;
grant select, insert, delete on daybook_rollup_recent to daybook_follower;
