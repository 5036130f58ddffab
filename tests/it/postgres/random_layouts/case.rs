//! A random jobs table with random rows, as SQL.

use std::fmt;

/// Rows are few, so that no number reaches the threshold of a check.
pub const MAX_ROWS: usize = 18;

/// What a row means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    Queued,
    Claimed,
    Finished,
    Failed,
    Dead,
    Canceled,
    Unknown,
}

/// The role of a state, in any letter case. Whether `failed` means dead letter depends on the layout, so that
/// both are counted together.
pub fn role(state: Option<&str>) -> Lifecycle {
    match state.unwrap_or_default().to_lowercase().as_str() {
        "queued" | "pending" => Lifecycle::Queued,
        "processing" | "running" => Lifecycle::Claimed,
        "done" | "completed" | "succeeded" => Lifecycle::Finished,
        "failed" | "error" => Lifecycle::Failed,
        "dead_letter" => Lifecycle::Dead,
        "canceled" | "cancelled" => Lifecycle::Canceled,
        _ => Lifecycle::Unknown,
    }
}

/// A time in a row, relative to the clock of the server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Time {
    Null,
    /// This many seconds ago; in the future if negative.
    Ago(i64),
    Infinity,
    MinusInfinity,
}

impl Time {
    /// Seconds since then; infinite for infinite times, `None` for no time.
    pub fn age(self) -> Option<f64> {
        match self {
            Time::Null => None,
            Time::Ago(seconds) => Some(seconds as f64),
            Time::Infinity => Some(f64::NEG_INFINITY),
            Time::MinusInfinity => Some(f64::INFINITY),
        }
    }
}

/// How times are stored.
#[derive(Debug, Clone, Copy)]
pub struct TimeType {
    pub name: &'static str,
    /// Default of `created_at` and `updated_at`.
    pub default: &'static str,
    /// A `timestamptz` named T as a value of the type.
    pub value: &'static str,
}

pub const TIME_TYPES: [TimeType; 5] = [
    TimeType { name: "timestamptz", default: "default now()", value: "T" },
    // Local time of the sessions of this database.
    TimeType { name: "timestamp", default: "default now()", value: "T::timestamp" },
    // Written by an application, in UTC.
    TimeType { name: "timestamp", default: "", value: "(T at time zone 'utc')" },
    TimeType {
        name: "timestamp(3)",
        default: "default current_timestamp",
        value: "(T at time zone 'utc')",
    },
    TimeType {
        name: "timestamp",
        default: "default (now() at time zone 'utc')",
        value: "(T at time zone 'utc')",
    },
];

impl TimeType {
    fn sql(self, time: Time) -> String {
        match time {
            Time::Null => "null".to_owned(),
            Time::Infinity => "'infinity'".to_owned(),
            Time::MinusInfinity => "'-infinity'".to_owned(),
            Time::Ago(seconds) => {
                self.value.replace('T', &format!("(now() - interval '{seconds} s')"))
            }
        }
    }
}

/// The type of the state columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StateType {
    Text,
    Varchar,
    Check,
    CheckNotValid,
    Enum,
    Domain,
}

impl StateType {
    /// Whether the type or a constraint excludes other words.
    pub fn is_closed(self) -> bool {
        matches!(self, StateType::Check | StateType::Enum | StateType::Domain)
    }
}

/// A second column that could hold the state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Other {
    None,
    /// The same value as the state, in every row.
    Same,
    /// Random values; a claim function reads the state.
    ClaimDecides,
    /// Random values, and nothing decides.
    NothingDecides,
}

/// What `jobs` is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Relation {
    Table,
    /// A table with statistics, which the planner believes to have millions of rows.
    LargeTable,
    View,
}

/// What makes reading impossible.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    None,
    NoGrant,
    RowSecurity,
    /// The relation raises an error when it is read.
    Error,
}

#[derive(Debug, Clone)]
pub struct Row {
    pub state: Option<String>,
    pub other: Option<String>,
    pub due: [Time; 2],
    pub locked_at: Time,
    pub heartbeat: Time,
    pub created_at: Time,
    pub updated_at: Time,
}

#[derive(Clone)]
pub struct Case {
    pub zone: &'static str,
    pub times: TimeType,
    /// Whether the heartbeat is a `timestamptz` beside columns without a zone.
    pub zoned_heartbeat: bool,
    pub id: &'static str,
    pub kind: &'static str,
    /// The column that holds the state.
    pub state: &'static str,
    pub other: Other,
    pub state_type: StateType,
    pub nullable: bool,
    /// The words that the type or the constraint allows.
    pub words: Vec<String>,
    pub due: &'static [&'static str],
    pub worker: Option<&'static str>,
    pub locked_at: bool,
    pub heartbeat: Option<&'static str>,
    pub attempts: bool,
    pub relation: Relation,
    /// Whether a partial index covers the queued jobs.
    pub index: bool,
    pub rows: Vec<Row>,
    pub fault: Fault,
    /// Whether no row is a reason for a finding.
    pub benign: bool,
}

/// The statements, so that a failing case can be repeated with psql.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "-- time zone of the database: {}; fault: {:?}", self.zone, self.fault)?;
        f.write_str(&self.sql())
    }
}

impl Case {
    pub fn other_state(&self) -> &'static str {
        if self.state == "state" { "status" } else { "state" }
    }

    /// All statements, for a session in the zone of the database.
    pub fn sql(&self) -> String {
        [self.types(), self.table(), self.claim(), self.rows()].join("\n")
    }

    fn list(&self) -> String {
        self.words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
    }

    fn types(&self) -> String {
        match self.state_type {
            StateType::Enum => format!("create type job_state as enum ({});", self.list()),
            StateType::Domain => {
                format!("create domain job_state as text check (value in ({}));", self.list())
            }
            _ => String::new(),
        }
    }

    fn table(&self) -> String {
        let name = match self.state_type {
            StateType::Text | StateType::Check | StateType::CheckNotValid => "text",
            StateType::Varchar => "varchar(20)",
            StateType::Enum | StateType::Domain => "job_state",
        };
        let not_null = if self.nullable { "" } else { "not null" };
        let mut states = vec![self.state];
        states.extend((self.other != Other::None).then(|| self.other_state()));
        let mut columns = vec![
            match self.id {
                "uuid" => "id uuid primary key default gen_random_uuid()".to_owned(),
                id => format!("id {id} generated by default as identity primary key"),
            },
            format!("{} text", self.kind),
        ];
        for state in &states {
            let check = match self.state_type {
                StateType::Check => format!("check ({state} in ({}))", self.list()),
                _ => String::new(),
            };
            columns.push(format!("{state} {name} {not_null} {check}"));
        }
        let TimeType { name: time, default, .. } = self.times;
        columns.extend(self.due.iter().map(|due| format!("{due} {time}")));
        columns.extend(self.worker.map(|worker| format!("{worker} text")));
        columns.extend(self.locked_at.then(|| format!("locked_at {time}")));
        columns.extend(self.heartbeat.map(|name| format!("{name} {}", self.heartbeat_type().name)));
        if self.attempts {
            columns.push(
                "attempts int not null default 0, max_attempts int not null default 5".to_owned(),
            );
        }
        columns.extend(
            ["created_at", "updated_at"]
                .map(|column| format!("{column} {time} not null {default}")),
        );
        format!("create table jobs({});", columns.join(", "))
    }

    fn heartbeat_type(&self) -> TimeType {
        if self.zoned_heartbeat { TIME_TYPES[0] } else { self.times }
    }

    /// A claim function, and the constraints that rows may violate.
    fn claim(&self) -> String {
        let word = |wanted: Lifecycle| self.words.iter().find(|word| role(Some(word)) == wanted);
        let (Some(queued), Some(claimed)) = (word(Lifecycle::Queued), word(Lifecycle::Claimed))
        else {
            panic!("words without queued or claimed: {:?}", self.words)
        };
        match self.other {
            Other::ClaimDecides => format!(
                "create function take() returns setof jobs language sql as $$
                   update jobs set {0} = '{claimed}' where id =
                     (select id from jobs where {0} = '{queued}' limit 1 for update skip locked) returning * $$;",
                self.state
            ),
            _ => String::new(),
        }
    }

    fn rows(&self) -> String {
        let rows: String = self.rows.iter().enumerate().map(|(n, row)| self.row(n, row)).collect();
        let not_valid = match self.state_type {
            StateType::CheckNotValid => {
                let states =
                    [Some(self.state), (self.other != Other::None).then(|| self.other_state())];
                let check = |state: &&str| {
                    format!(
                        "alter table jobs add check ({state} in ({})) not valid;\n",
                        self.list()
                    )
                };
                states.iter().flatten().map(check).collect()
            }
            _ => String::new(),
        };
        format!("{rows}{not_valid}{}{}\n{}", self.index(), self.relation(), self.obstacle())
    }

    fn index(&self) -> String {
        let queued = self.words.iter().filter(|word| role(Some(word)) == Lifecycle::Queued);
        let queued: Vec<_> = queued.map(|word| format!("'{word}'")).collect();
        let columns: Vec<_> = [self.kind].into_iter().chain(self.due.iter().copied()).collect();
        if !self.index {
            return String::new();
        }
        format!(
            "create index on jobs({}) where {} in ({});\n",
            columns.join(", "),
            self.state,
            queued.join(", ")
        )
    }

    fn relation(&self) -> &'static str {
        match self.relation {
            Relation::Table => "",
            Relation::LargeTable => {
                "analyze jobs;
                 update pg_class set reltuples = 5e6, relpages = 100000 where oid = 'public.jobs'::regclass;"
            }
            Relation::View => "alter table jobs rename to stored; create view jobs as select * from stored;",
        }
    }

    fn row(&self, n: usize, row: &Row) -> String {
        let word = |state: &Option<String>| {
            state.as_ref().map_or_else(|| "null".to_owned(), |state| format!("'{state}'"))
        };
        let mut values = vec![
            (self.kind, "'X'".to_owned()),
            (self.state, word(&row.state)),
            ("created_at", self.times.sql(row.created_at)),
            ("updated_at", self.times.sql(row.updated_at)),
        ];
        values.extend((self.other != Other::None).then(|| (self.other_state(), word(&row.other))));
        values.extend(self.due.iter().zip(row.due).map(|(due, time)| (*due, self.times.sql(time))));
        values.extend(self.worker.map(|worker| (worker, format!("'worker-{}'", n % 3))));
        values.extend(self.locked_at.then(|| ("locked_at", self.times.sql(row.locked_at))));
        values.extend(self.heartbeat.map(|name| (name, self.heartbeat_type().sql(row.heartbeat))));
        let (names, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
        format!("insert into jobs({}) values ({});\n", names.join(", "), values.join(", "))
    }

    /// What makes reading impossible, for the roles `nogrant` and `blind`.
    fn obstacle(&self) -> &'static str {
        match self.fault {
            Fault::None => "",
            Fault::NoGrant => "revoke all on jobs from public;",
            Fault::RowSecurity => {
                "grant select on jobs to blind; alter table jobs enable row level security;"
            }
            Fault::Error => {
                "create function broken() returns boolean language plpgsql as
                   $$ begin raise exception 'broken'; end $$;
                 alter table jobs rename to base; create view jobs as select * from base where (select broken());"
            }
        }
    }
}
