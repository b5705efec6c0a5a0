-- The schema of a Daybook file, version 1. Names and meanings are those of the PostgreSQL table;
-- types are SQLite's: ids that are UUIDs are blobs of 16 bytes and other ids text, times are
-- microseconds since 1970 in UTC.

create table activity_log (
    position        integer primary key,   -- place in the total order, dense from 1
    organization_id any     not null,
    id              blob    not null check (length(id) = 16),
    action          text    not null,
    resource_type   text    not null,
    resource_id     any,
    user_id         any,
    actor_type      text    not null,
    request_id      text,
    outcome         text    not null,
    details         text,                  -- canonical JSON
    ip_address      text,
    user_agent      text,
    created_at      integer not null,      -- the time that id carries
    updated_at      integer not null,
    recorded_by     text,
    kind            integer not null default 1,
    leaf_version    integer,               -- from here on: the ledger's
    salt            blob,
    control         text,
    erased          text
) strict;

-- Serves uniqueness, the newest page and ranges of time, since ids carry the time.
create unique index activity_log_id on activity_log (organization_id, id);
create index activity_log_resource on activity_log (organization_id, resource_id, id) where resource_id is not null;
create index activity_log_user on activity_log (organization_id, user_id, id) where user_id is not null;
create index activity_log_denied on activity_log (organization_id, id) where outcome = 'denied';

-- How many entries an organization has in the hours of a day, in UTC, by action, outcome, resource
-- type and actor type, in the form that rollup.go describes. The day comes first so that what is
-- written at one time lies together. A day without counts is counted from activity_log.
create table activity_log_day (
    day             integer not null, -- since 1970
    organization_id any     not null,
    counts          blob,
    primary key (day, organization_id)
) strict, without rowid;

create index activity_log_control on activity_log (organization_id, position) where kind <> 1;

-- One row: the deployment's name, in which all logs are signed, and the place of the next entry. It
-- outlives the rows, so that no position is given twice.
create table ledger_order (
    one           integer primary key check (one = 1),
    deployment    text    not null,
    epoch         integer not null,
    next_position integer not null
) strict;

-- One row for each organization: its place among the logs, and how long its log is.
create table ledger (
    slot            integer primary key,
    organization_id any     not null unique,
    epoch           integer not null default 1,
    size            integer not null default 0
) strict;

-- The leaves. A position is the key of its entry in activity_log, and stays when that is removed.
create table ledger_sequence (
    position   integer primary key,
    slot       integer not null,
    leaf_index integer not null,
    leaf_hash  blob    not null
) strict;
create unique index ledger_sequence_leaf on ledger_sequence (slot, leaf_index);

-- The tree of each log: hashes by the tile (https://c2sp.org/tlog-tiles), written once, when full.
create table ledger_tile (
    slot  integer not null,
    level integer not null,
    n     integer not null,
    data  blob    not null,
    primary key (slot, level, n)
) strict;

create table ledger_checkpoint (
    slot integer not null,
    size integer not null,
    note text    not null,
    primary key (slot, size)
) strict, without rowid;

-- Erasure lists and sweep sets, by their SHA-256.
create table ledger_list (
    digest  blob primary key,
    content blob not null
) strict;

create table follower (
    name       text primary key,
    epoch      integer not null,
    position   integer not null,
    updated_at integer not null
) strict, without rowid;

-- What a server keeps for itself: API keys, sessions, saved views. No entries, and changed freely.
create table daybook_document (
    kind         text    not null,
    organization text    not null,         -- '' is the deployment's own
    name         text    not null,
    revision     integer not null,
    content      blob    not null,
    updated_at   integer not null,
    expires_at   integer,
    primary key (kind, organization, name)
) strict;
create index daybook_document_expires on daybook_document (expires_at) where expires_at is not null;
