//! All nodes of a system, and what they are called.

use crate::measure::{Layer, Place};
use crate::model::http_cache_spec::Locations;
use crate::model::read_through::Cache as _;
use crate::model::request::Request;
use crate::model::world::World;

/// In the order of a request's way.
pub(super) fn of(w: &World<'_>) -> Vec<(Place, String)> {
    let mut all = vec![(Place::Clients, "clients".to_owned())];
    for spec in w.model.http_caches() {
        let place = |node: usize| Place::HttpCache(spec.layer, node as u16);
        match &spec.locations {
            Locations::Users { .. } => all.push((place(0), "all users".into())),
            Locations::Regions { regions, .. } if spec.nodes() == 1 => {
                all.push((place(0), regions[0].name.clone()));
            }
            Locations::Regions { regions, edges } => {
                let edges = *edges as usize;
                let name = |node: usize| format!("{} edge {}", regions[node / edges].name, node % edges + 1);
                all.extend((0..regions.len() * edges).map(|node| (place(node), name(node))));
            }
        }
    }
    all.extend((0..w.app.instances()).map(|n| (Place::App(n as u16), format!("instance {}", n + 1))));
    if let Some(redis) = &w.redis {
        let cluster = redis.cluster();
        all.extend(cluster.nodes.iter().map(|node| {
            // Nodes are counted from 1 wherever somebody reads or writes their numbers.
            let (number, shard) = (node.number + 1, node.shard + 1);
            let name = if node.number < cluster.shards.len() as u32 {
                format!("node {number}")
            } else if node.replication().is_some() {
                format!("node {number}, replica of node {shard}")
            } else {
                format!("node {number}, reserve of node {shard}")
            };
            (Place::Redis(node.number), name)
        }));
    }
    if let Some(database) = &w.database {
        let name = |n: usize| if n == 0 { "primary".into() } else { format!("replica {n}") };
        let servers = database.workers().count();
        all.extend((0..servers).map(|n| (Place::Database(n as u16), name(n))));
    }
    if w.model.search.is_some() {
        let nodes = w.origins.search().pools().count();
        all.extend((0..nodes).map(|n| (Place::Search(n as u16), format!("node {}", n + 1))));
    }
    let services = w.model.downstream.iter().zip(0..);
    all.extend(services.map(|(spec, n)| (Place::Downstream(n), spec.name.clone())));
    all
}

/// Who asks the nodes of a layer before the application, or the application itself, for a request.
pub(crate) fn in_front_of(w: &World<'_>, request: &Request, layer: Option<Layer>) -> Place {
    let caches = &w.http_caches;
    let of = |layer| caches.iter().position(|cache| cache.layer() == layer);
    let behind = layer.and_then(of).unwrap_or(caches.len());
    behind.checked_sub(1).map_or(Place::Clients, |last| caches[last].stands_for(request.user))
}
