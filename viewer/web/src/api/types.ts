// What the REST API answers, as docs/api.md says it.

export type Outcome = "success" | "failure" | "denied";

export interface Entry {
  id: string;
  action: string;
  resource_type: string;
  resource_id?: string;
  organization_id: string;
  user_id?: string;
  actor_type?: string;
  request_id?: string;
  outcome?: Outcome;
  details?: Record<string, unknown>;
  ip_address?: string;
  user_agent?: string;
  created_at: string;
  updated_at?: string;
  recorded_by?: string;
}

export interface Note {
  code: string;
  message: string;
  at?: number;
  length?: number;
  suggestion?: string;
}

export interface Page {
  entries: Entry[];
  next?: string;
  scanned_to?: string;
  warnings?: Note[];
  query?: string;
}

export interface Me {
  id: string;
  user_id?: string;
  organizations: string[];
  all_organizations?: boolean;
  permissions: string[];
  filter?: string;
  expires?: string;
}

export interface Bucket {
  from: string;
  to: string;
  groups: Group[];
}

export interface Group {
  values: string[];
  count: number;
}

export interface Facet {
  field: string;
  values: { value: string; count: number }[];
  other: number;
  missing: number;
}

export interface View {
  name: string;
  q: string;
  tz?: string;
  order?: string;
  columns?: string[];
  shared: boolean;
  owner: string;
  revision: number;
}
