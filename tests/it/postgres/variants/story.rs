//! Drives the functions of a variant: what happened in the last hours of a healthy queue, and of one with problems.

use super::schema::Schema;

/// The worker with this number. All lock columns can hold it, uuids as well.
pub fn worker(n: u32) -> String {
    format!("aaaaaaaa-0000-4000-8000-{n:012}")
}

/// SQL that calls the functions of a variant one after another.
pub struct Story<'a> {
    schema: &'a Schema,
    sql: String,
}

impl<'a> Story<'a> {
    pub fn new(schema: &'a Schema) -> Story<'a> {
        Story { schema, sql: String::new() }
    }

    pub fn sql(self) -> String {
        self.sql
    }

    /// What follows happened this long ago.
    fn ago(&mut self, age: &str) -> &mut Self {
        self.add(&format!("set fixture.age = '{age}';"))
    }

    fn enqueue(&mut self, n: u32, kind: &str, max_attempts: u32, delay: &str) -> &mut Self {
        let Schema { kind: column, due, .. } = self.schema;
        self.add(&format!(
            "insert into jobs(workspace_id, {column}, {}, max_attempts, created_at, updated_at)
               select next_workspace(), '{kind}', clock() + interval '{delay}', {max_attempts}, clock(), clock()
                 from generate_series(1, {n});",
            due[0]
        ))
    }

    /// A worker claims jobs and does this with each; `i` is the number of the job in this step.
    fn work(&mut self, n: u32, by: u32, action: &str) -> &mut Self {
        self.add(&format!(
            "do $$ declare j record; begin for i in 1..{n} loop
               select * into strict j from {}('{}'); {action}
             end loop; end $$;",
            self.schema.claim,
            worker(by)
        ))
    }

    fn finish(&mut self, n: u32) -> &mut Self {
        self.work(n, 1, "perform worker_finish(j.id);")
    }

    fn fail(&mut self, n: u32, why: &str) -> &mut Self {
        self.work(n, 1, &format!("perform worker_fail(j.id, format('{why}', 300 + i));"))
    }

    /// Jobs that failed once can be claimed now.
    fn retry_now(&mut self) -> &mut Self {
        let Schema { state, words, due, .. } = self.schema;
        let set: Vec<_> = due.iter().map(|due| format!("{due} = clock()")).collect();
        self.add(&format!(
            "update jobs set {} where {state}::text = '{}' and attempts = 1;",
            set.join(", "),
            words.retry
        ))
    }

    /// Jobs in the hands of this worker send a heartbeat now, or 5 seconds before.
    fn beat(&mut self, by: u32) -> &mut Self {
        let Schema { worker: column, heartbeat, .. } = self.schema;
        if let (Some((column, _)), Some(heartbeat)) = (column, heartbeat) {
            self.add(&format!(
                "update jobs set {heartbeat} = now() - interval '5 s' where {column}::text = '{}';",
                worker(by)
            ));
        }
        self
    }

    /// Recovers the jobs of a worker that disappeared.
    fn recover(&mut self, kind: &str) -> &mut Self {
        let Schema { state, words, kind: column, .. } = self.schema;
        self.add(&format!(
            "select worker_recover(id) from jobs where {state}::text = '{}' and {column} = '{kind}';",
            words.claimed
        ))
    }

    fn add(&mut self, sql: &str) -> &mut Self {
        self.sql += sql;
        self.sql.push('\n');
        self
    }
}

/// Every role has jobs, and no threshold is reached.
pub fn healthy(story: &mut Story<'_>) {
    story.ago("9 hours").enqueue(3, "CLIP_RENDER", 3, "0").finish(3);
    story
        .ago("8 hours")
        .enqueue(2, "CLIP_RENDER", 1, "0")
        .fail(2, "FFmpeg timeout after %s seconds");
    story
        .ago("5 min")
        .enqueue(1, "TRANSCRIBE", 3, "0")
        .fail(1, "401 Unauthorized: token %s expired");
    story
        .ago("3 min")
        .enqueue(2, "TRANSCRIBE", 3, "0")
        .work(1, 1, "")
        .work(1, 2, "")
        .beat(1)
        .beat(2);
    story.ago("20 s").enqueue(3, "CLIP_RENDER", 3, "0");
    story.ago("0").enqueue(2, "TRANSCRIBE", 3, "2 hours");
    if story.schema.allowed.contains(&"cancelled") {
        story.add("update jobs set status = 'cancelled' where id in (select id from jobs where next_run_at > now() limit 1);");
    }
}

/// A backlog, many failures, and workers that disappeared.
pub fn broken(story: &mut Story<'_>) {
    story.ago("9 hours").enqueue(4, "CLIP_RENDER", 3, "0").finish(4);
    // One failed, and was recovered at its second attempt; three were recovered at their first.
    story.ago("7 hours").enqueue(1, "THUMBNAIL_GEN", 2, "0").fail(1, "disk %s is full");
    story.ago("3 hours").retry_now().enqueue(3, "THUMBNAIL_GEN", 1, "0").work(4, 3, "");
    story.ago("2 hours").recover("THUMBNAIL_GEN");
    story
        .ago("5 hours")
        .enqueue(90, "CLIP_RENDER", 1, "0")
        .fail(90, "FFmpeg timeout after %s seconds");
    story
        .ago("25 min")
        .enqueue(12, "TRANSCRIBE", 1, "0")
        .fail(12, "401 Unauthorized: token %s expired");
    story.ago("5 min").enqueue(6, "CLIP_RENDER", 1, "0").fail(6, "FFmpeg timeout after %s seconds");
    // Stuck: at the first of three attempts, at the only one, at the second of three and at the second of two.
    story.ago("50 min").enqueue(2, "CLIP_RENDER", 3, "0").work(2, 3, "");
    story.ago("40 min").enqueue(2, "CLIP_RENDER", 1, "0").work(2, 4, "");
    story.ago("55 min").enqueue(1, "TRANSCRIBE", 3, "0").enqueue(1, "TRANSCRIBE", 2, "0");
    story.fail(2, "401 Unauthorized: token %s expired");
    story.ago("35 min").retry_now().work(2, 4, "");
    // Two workers are active.
    story
        .ago("3 min")
        .enqueue(3, "TRANSCRIBE", 3, "0")
        .work(2, 1, "")
        .work(1, 2, "")
        .beat(1)
        .beat(2);
    story
        .ago("4 min")
        .enqueue(2, "TRANSCRIBE", 3, "0")
        .fail(2, "401 Unauthorized: token %s expired");
    story.ago("45 min").enqueue(7, "CLIP_RENDER", 3, "0");
    story.ago("0").enqueue(4, "TRANSCRIBE", 3, "2 hours");
    if story.schema.allowed.contains(&"cancelled") {
        story.add("update jobs set status = 'cancelled' where id in (select id from jobs where next_run_at > now() + interval '1 hour' limit 2);");
    }
}

/// Jobs that nobody claims.
pub fn backlog(story: &mut Story<'_>) {
    story.ago("20 min").enqueue(120, "CLIP_RENDER", 3, "0");
}

/// As many jobs without attempts left as make dead letters critical.
pub fn given_up(story: &mut Story<'_>) {
    story
        .ago("2 min")
        .enqueue(120, "CLIP_RENDER", 1, "0")
        .fail(120, "FFmpeg timeout after %s seconds");
}

/// A worker that disappeared with a job.
pub fn stuck(story: &mut Story<'_>) {
    story.ago("20 min").enqueue(1, "CLIP_RENDER", 3, "0").work(1, 4, "");
}
