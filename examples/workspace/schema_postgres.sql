-- The application's own tables in PostgreSQL: those of schema.sql. The log's tables lie in the same
-- database, in the schema in which `daybook migrate` made them.

create table if not exists organizations (
    id         text    collate "C" primary key,
    name       text    not null,
    domain     text    not null,           -- of the founder's e-mail address
    created_at bigint  not null
);

-- The account belongs to the organization that made it; the address is unique everywhere, since
-- people sign in with it alone.
create table if not exists users (
    id              text    collate "C" primary key,
    organization_id text    not null references organizations (id),
    name            text    not null,
    email           text    not null unique,
    password        text    not null,      -- see passwords.go
    created_at      bigint  not null
);

create index if not exists users_of_organization on users (organization_id, id);

-- What an account may do. Without one it may nothing.
create table if not exists memberships (
    id              text    collate "C" primary key,
    organization_id text    not null references organizations (id),
    user_id         text    not null references users (id) on delete cascade,
    role            text    not null check (role in ('owner', 'admin', 'member')),
    created_at      bigint  not null,
    unique (organization_id, user_id)
);

create table if not exists documents (
    id              text    collate "C" primary key,
    organization_id text    not null references organizations (id),
    filename        text    not null,
    content_type    text    not null,
    size_bytes      bigint  not null,
    sha256          text    not null,
    file            text    not null,      -- its name in the file store
    status          text    not null check (status in ('active', 'archived')),
    created_by      text    not null,      -- a user or an API key, perhaps one that is gone
    created_at      bigint  not null
);

create index if not exists documents_of_organization on documents (organization_id, id);

create table if not exists document_tags (
    document_id text not null references documents (id) on delete cascade,
    tag         text not null,
    primary key (document_id, tag)
);

create table if not exists api_keys (
    id              text    collate "C" primary key,
    organization_id text    not null references organizations (id),
    name            text    not null,
    secret          bytea   not null,      -- SHA-256 of 32 random bytes
    created_by      text    not null,
    created_at      bigint  not null,
    last_used_at    bigint                 -- to the minute
);

create index if not exists api_keys_of_organization on api_keys (organization_id, id);

-- E-mail that waits to be sent. A row goes when its entry is recorded.
create table if not exists mail_queue (
    id           text    collate "C" primary key,
    scope        text    not null,         -- who caused it, as daybook.Inject carries it: a JSON object
    recipient    text    not null,
    subject      text    not null,
    body         text    not null,
    entry_id     text,                     -- of the entry that tells of the attempt; null before it
    failure      text                      -- of the attempt; null when the message was sent
);

-- When an organization was last warned of suspicious activity.
create table if not exists security_alerts (
    organization_id text    primary key,
    sent_at         bigint  not null
);
