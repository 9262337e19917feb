//! What there is to do in the system, and who does it: every task of the engine is a job.

use super::app::serve;
use super::batch;
use super::client::visit;
use super::database::Database;
use super::event;
use super::follow_up::go_on;
use super::http_cache::{HttpCache, enter};
use super::local_lock::queue;
use super::lock::{Contest, contend};
use super::origin::{ask_database, ask_guarded};
use super::page;
use super::process::Process;
use super::read_through::{Duty, fetch, fetch_and_keep, renew};
use super::redis::Redis;
use super::redis_pipeline;
use super::request::{Purge, Reply, Request};
use super::rollout;
use super::source;
use super::together::MessageId;
use super::world::World;
use super::write;
use crate::engine::{self, GatherId, Weight};
use crate::measure::Layer;
use crate::time::{Duration, Instant};
use std::future::Future;

/// What a task does.
#[derive(Clone, Copy, Debug)]
pub enum Job {
    /// An open-loop source sends its requests.
    Arrive(u16),
    /// A trace is replayed.
    Replay,
    /// A user of a closed loop asks again and again.
    User(u32),
    /// A client's request.
    Visit(Request),
    /// A client's request, and those that it has in its wake.
    GoOn(Request),
    /// An attempt at a request, at a cache before the application.
    Enter {
        /// Which layer.
        layer: Layer,
        /// What is wanted.
        request: Request,
    },
    /// An attempt at a request, in the application.
    Serve(Request),
    /// The origin of a layer is asked, and its answer stored.
    Load {
        /// Which layer asks.
        layer: Layer,
        /// For whom.
        request: Request,
        /// What the asker holds meanwhile.
        duty: Duty,
    },
    /// The origin of a layer is asked because the layer itself cannot be.
    GoPast {
        /// Which layer is passed.
        layer: Layer,
        /// For whom.
        request: Request,
    },
    /// What an event does to one instance.
    RollOut {
        /// Which event.
        event: u16,
        /// Which instance.
        instance: u16,
        /// Where it is waited for.
        gather: GatherId,
    },
    /// A page is put together.
    Page(Request),
    /// One item of a page is read.
    Item {
        /// Which.
        request: Request,
        /// Where it is waited for.
        gather: GatherId,
    },
    /// Pages of several rows are got into the database's memory.
    Pages {
        /// The statement.
        request: Request,
        /// All its rows.
        rows: MessageId,
        /// How many times longer than usual everything takes.
        slow: f64,
    },
    /// Rows of several items are asked for with one statement.
    Statement(MessageId),
    /// Copies for several items are asked for with one pipeline.
    Pipeline(MessageId),
    /// Somebody tries to take a key's lock.
    Contend {
        /// In which layer.
        layer: Layer,
        /// Who.
        request: Request,
        /// When the copy was stored that it can fall back on.
        old: Option<Instant>,
    },
    /// A copy is renewed in the background.
    Renew {
        /// Where.
        layer: Layer,
        /// For whom it was found old.
        request: Request,
    },
    /// A query in the database.
    Query {
        /// For whom.
        request: Request,
        /// Which of the database's connections carries it, if it counts them.
        connection: u32,
        /// All its rows, if it asks for several.
        rows: Option<MessageId>,
    },
    /// An origin that is guarded, or is not the database, is asked.
    Ask(Request),
    /// A query of the search engine.
    Search(Request),
    /// One shard is searched.
    Shard {
        /// For which query.
        query: u32,
        /// Which shard.
        shard: u32,
    },
    /// A call of a downstream service.
    Call {
        /// For whom.
        request: Request,
        /// The how many-th call for this request, counted from 0.
        attempt: u32,
    },
    /// A key is read from the database to build the search index anew.
    Scan(Request),
    /// One more of a key's copies in the shared cache is deleted.
    DeleteCopy {
        /// By whom.
        request: Request,
        /// Which, counted from 0.
        copy: u32,
    },
    /// A command whose client has left.
    Abandoned(u32),
    /// A write that does more than delete copies.
    Write(Request),
    /// The next flush of what a cache has and the database does not.
    Flush {
        /// Of which key group.
        group: u16,
        /// Whose; 0 for all.
        instance: u16,
    },
    /// One statement of a flush.
    WriteDown(Request),
    /// All other instances are told of a write.
    TellInstances(Request),
    /// A message on the bus.
    Deliver(u32),
    /// The consumer of a partition keeps the shared cache up to date.
    Consume(u32),
    /// A purge on its way to all nodes of a layer.
    Purge {
        /// Of which layer.
        layer: Layer,
        /// What is purged.
        what: Purge,
        /// What its draws hang on.
        cause: u64,
    },
    /// Something from outside.
    Event(u16),
    /// Levels are written down for the time series.
    Sample,
    /// The warm-up ends.
    BeginWindow,
    /// Arrivals end.
    EndWindow,
}

impl engine::Job for Job {
    type Answer = Answer;

    fn weight(&self) -> Weight {
        match self {
            Self::Visit(_) => Weight::Light,
            Self::Load { .. }
            | Self::GoPast { .. }
            | Self::Contend { .. }
            | Self::Statement(_)
            | Self::Pipeline(_)
            | Self::Pages { .. }
            | Self::Write(_)
            | Self::WriteDown(_)
            | Self::Consume(_)
            | Self::RollOut { .. } => Weight::Heavy,
            _ => Weight::Medium,
        }
    }
}

/// What a job gives back.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// Nothing but that it is over.
    Done,
    /// A value or a failure.
    Reply(Reply),
    /// Whether a client has got a value.
    Visited(bool),
    /// How a contest for a lock ended.
    Contest(Contest),
    /// A rate limit refuses a call, which may be made again after this time.
    RetryAfter(Duration),
}

impl Answer {
    /// The reply of a job that has one.
    pub(super) fn reply(self) -> Reply {
        match self {
            Self::Reply(reply) => reply,
            _ => unreachable!("this job replies"),
        }
    }

    /// The end of a contest.
    pub(super) fn contest(self) -> Contest {
        match self {
            Self::Contest(contest) => contest,
            _ => unreachable!("this job is a contest"),
        }
    }
}

impl World<'_> {
    /// Has a job done that replies.
    #[inline]
    pub(super) fn call_reply(&self, job: Job) -> impl Future<Output = Reply> {
        let call = self.engine.call(job);
        async move { call.await.reply() }
    }

    /// Plays the clients' side of a request: there is one such job for each request in flight.
    pub(super) fn play_light(&self, job: Job) -> impl Future<Output = Answer> {
        async move {
            let Job::Visit(request) = &job else { unreachable!("this job is not light") };
            Answer::Visited(visit(self, request).await)
        }
    }

    /// Plays the servers' side, and what goes on by itself.
    pub(super) fn play_medium(&self, mut job: Job) -> impl Future<Output = Answer> {
        async move {
            match &mut job {
                Job::Enter { layer, request } => {
                    return Answer::Reply(enter(self, self.http_cache_of(*layer), request).await);
                }
                Job::Serve(request) => return Answer::Reply(serve(self, request).await),
                Job::Query { request, connection, rows } => {
                    return Answer::Reply(self.database().query(self, request, *connection, *rows).await);
                }
                Job::Page(request) => return Answer::Reply(page::build(self, request).await),
                Job::Item { request, gather } => page::read_item(self, request, *gather).await,
                Job::Ask(request) => return Answer::Reply(ask_guarded(self, request).await),
                Job::Search(request) => {
                    return Answer::Reply(self.origins.search().query(self, request).await);
                }
                Job::Shard { query, shard } => self.origins.search().search(self, *query, *shard).await,
                Job::Call { request, attempt } => {
                    return self.origins.service(request).call(self, request, *attempt).await;
                }
                // Of a row that cannot be read the new index has what it was sent.
                Job::Scan(request) => _ = ask_database(self, request).await,
                Job::Renew { layer: Layer::Process, request } => renew(self, self.process(), request).await,
                Job::Renew { layer: Layer::Redis, request } => renew(self, self.redis(), request).await,
                Job::Renew { layer, request } => renew(self, self.http_cache_of(*layer), request).await,
                Job::Purge { layer, what, cause } => {
                    self.http_cache_of(*layer).purge(self, *cause, *what).await;
                }
                Job::DeleteCopy { request, copy } => {
                    // The write itself has succeeded: a delete that is lost leaves a stale copy, not an error.
                    let _ = self.redis().delete_copy(self, request, *copy).await;
                }
                Job::Abandoned(index) => self.redis().execute_abandoned(self, *index).await,
                Job::Flush { group, instance } => write::flush(self, (*group, *instance)).await,
                Job::TellInstances(request) => write::tell_instances(self, request).await,
                Job::Deliver(index) => write::deliver(self, *index).await,
                Job::Arrive(number) => source::arrive(self, (*number).into()).await,
                Job::User(user) => source::use_again_and_again(self, *user).await,
                Job::Replay => source::replay(self).await,
                Job::GoOn(request) => go_on(self, request).await,
                Job::Event(index) => event::play(self, (*index).into()).await,
                Job::Sample => self.sample().await,
                Job::BeginWindow => self.begin_window().await,
                Job::EndWindow => self.end_window().await,
                Job::Visit(_)
                | Job::Load { .. }
                | Job::GoPast { .. }
                | Job::Contend { .. }
                | Job::Statement(_)
                | Job::Pipeline(_)
                | Job::Pages { .. }
                | Job::Write(_)
                | Job::WriteDown(_)
                | Job::Consume(_)
                | Job::RollOut { .. } => {
                    unreachable!("this job is light or heavy")
                }
            }
            Answer::Done
        }
    }

    /// Plays what happens on a miss.
    pub(super) fn play_heavy(&self, job: Job) -> impl Future<Output = Answer> {
        async move {
            Answer::Reply(match &job {
                Job::Load { layer: Layer::Process, request, duty } => {
                    fetch_and_keep(self, self.process(), request, *duty).await
                }
                Job::Load { layer: Layer::Redis, request, duty } => {
                    fetch_and_keep(self, self.redis(), request, *duty).await
                }
                Job::Load { layer, request, duty } => {
                    fetch_and_keep(self, self.http_cache_of(*layer), request, *duty).await
                }
                Job::GoPast { layer: Layer::Process, request } => fetch(self, self.process(), request).await,
                Job::GoPast { layer: Layer::Redis, request } => fetch(self, self.redis(), request).await,
                Job::GoPast { layer, request } => fetch(self, self.http_cache_of(*layer), request).await,
                Job::Contend { layer: Layer::Redis, request, old } => {
                    return Answer::Contest(contend(self, self.redis(), request, *old).await);
                }
                Job::Contend { layer, request, .. } => {
                    return Answer::Contest(queue(self, self.http_cache_of(*layer), request).await);
                }
                Job::RollOut { event, instance, gather } => {
                    rollout::roll_out(self, *event, *instance, *gather).await;
                    return Answer::Done;
                }
                Job::Pages { request, rows, slow } => {
                    self.database().get_pages(self, request, *rows, *slow).await;
                    return Answer::Done;
                }
                Job::Statement(statement) => {
                    batch::ask(self, *statement).await;
                    return Answer::Done;
                }
                Job::Pipeline(pipeline) => {
                    redis_pipeline::send(self, self.redis(), *pipeline).await;
                    return Answer::Done;
                }
                Job::Write(request) => write::carry_out(self, request).await,
                Job::WriteDown(request) => write::write_down(self, request).await,
                Job::Consume(partition) => {
                    write::consume(self, *partition).await;
                    return Answer::Done;
                }
                _ => unreachable!("this job is not heavy"),
            })
        }
    }

    fn http_cache_of(&self, layer: Layer) -> &HttpCache {
        self.http_cache(layer).expect("this job has a cache before the application")
    }

    fn database(&self) -> &Database {
        self.database.as_ref().expect("this job has a database")
    }

    fn process(&self) -> &Process {
        self.process.as_ref().expect("this job has an in-process cache")
    }

    fn redis(&self) -> &Redis {
        self.redis.as_ref().expect("this job has a shared cache")
    }
}
