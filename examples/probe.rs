use std::sync::Arc;
use stopleak::*;
fn main() {
    let roots: Vec<std::path::PathBuf> = std::env::args().skip(1).map(Into::into).collect();
    let t = std::time::Instant::now();
    let engine = scan::Engine {
        detector: detect::Detector::builtin(),
        policy: suppress::Policy {
            min_confidence: rules::Confidence::Medium,
            inline: true,
        },
        key: Default::default(),
        keep_dismissed: false,
    };
    eprintln!("detector {:?}", t.elapsed());
    let src = source::walk::WalkSource::new(source::walk::WalkOptions {
        roots,
        ignore_files: false,
        follow: false,
        max_bytes: u64::MAX,
        exclude: vec![],
        include: vec![],
        tracked: vec![],
        outputs: vec![],
    })
    .unwrap();
    let mut by = std::collections::BTreeMap::<String, u64>::new();
    let show = std::env::var("SHOW").ok();
    let s = scan::run(
        &src,
        &engine,
        &scan::RunOptions {
            jobs: std::env::var("JOBS")
                .ok()
                .and_then(|j| j.parse().ok())
                .unwrap_or(2),
            progress: Arc::default(),
        },
        &mut |e| {
            match e {
                finding::Event::Finding(f) => {
                    let id = engine.detector.rules().get(f.rule).id.to_string();
                    if let Some(w) = &show {
                        if w == "all" || *w == id {
                            let l = String::from_utf8_lossy(&f.snippet.line);
                            println!(
                                "{id} {} {}:{} {}",
                                f.confidence,
                                f.path.to_text(),
                                f.start.line,
                                l.trim().chars().take(220).collect::<String>()
                            );
                        }
                    }
                    *by.entry(id).or_default() += 1;
                }
                finding::Event::Failed(e) => println!("{e}"),
                _ => {}
            }
            true
        },
    );
    println!("{s:?}");
    let mut v: Vec<_> = by.into_iter().collect();
    v.sort_by_key(|x| std::cmp::Reverse(x.1));
    println!("{v:?}");
}
