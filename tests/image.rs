//! `stopleak image`: layers, configurations and manifests of images, put together here.

#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::dir::{Dir, Ran};
use crate::support::packed::{gzip, tar, zstd};

/// A value that is a password. Each number makes another one.
fn value(number: u32) -> String {
    format!("Xk9m{}Pf3{number}", ["Lq27", "xZ!w"][number as usize % 2])
}

/// A line with a password.
fn secret(number: u32) -> Vec<u8> {
    format!("# settings\n{}={}\n", "db_password", value(number)).into_bytes()
}

fn hex(content: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(content))
}

/// The digest of a layer as paths show it.
fn short(content: &[u8]) -> String {
    format!("sha256:{}", &hex(content)[..12])
}

/// The files of an image.
#[derive(Default)]
struct Image {
    files: Vec<(String, Vec<u8>)>,
}

impl Image {
    fn add(&mut self, name: &str, content: &[u8]) {
        if !self.files.iter().any(|(known, _)| known == name) {
            self.files.push((name.to_owned(), content.to_vec()));
        }
    }

    /// Adds a blob and returns its descriptor.
    fn blob(&mut self, content: &[u8]) -> Value {
        let hex = hex(content);
        self.add(&format!("blobs/sha256/{hex}"), content);
        json!({"digest": format!("sha256:{hex}"), "size": content.len()})
    }

    /// Adds a manifest with its configuration and layers, and returns its descriptor.
    fn manifest(&mut self, config: &Value, layers: &[Vec<u8>]) -> Value {
        let config = self.blob(config.to_string().as_bytes());
        let layers: Vec<Value> = layers.iter().map(|layer| self.blob(layer)).collect();
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers});
        self.blob(manifest.to_string().as_bytes())
    }

    fn index(&mut self, manifests: &[Value]) {
        let index = json!({"schemaVersion": 2, "manifests": manifests});
        self.add("index.json", index.to_string().as_bytes());
        self.add("oci-layout", b"{\"imageLayoutVersion\":\"1.0.0\"}");
    }

    fn tar(&self) -> Vec<u8> {
        let files = self.files.iter();
        let files: Vec<_> = files.map(|(name, all)| (name.as_str(), &all[..])).collect();
        tar(&files)
    }

    fn write(&self, dir: &Dir, below: &str) {
        for (name, content) in &self.files {
            dir.write(&format!("{below}/{name}"), content);
        }
    }
}

fn config(architecture: &str, env: &[&str], commands: &[&str]) -> Value {
    let history: Vec<Value> = commands
        .iter()
        .map(|command| match command.starts_with("ENV") {
            true => json!({"created_by": command, "empty_layer": true}),
            false => json!({"created_by": command}),
        })
        .collect();
    json!({
        "os": "linux",
        "architecture": architecture,
        "config": {"Env": env, "Labels": {"maintainer": "somebody"}, "Cmd": ["app", "--serve"]},
        "history": history,
    })
}

/// Three layers: the second one overwrites a file of the first, the third one deletes another.
fn layers() -> [Vec<u8>; 3] {
    [
        tar(&[("app/.env", &secret(1)), ("app/old.env", &secret(2))]),
        gzip(&tar(&[
            ("app/old.env", b"nothing\n"),
            ("etc/in.env", &secret(3)),
        ])),
        zstd(&tar(&[("app/.wh..env", b""), ("srv/in.env", &secret(4))])),
    ]
}

const COMMANDS: &[&str] = &["COPY app /app", "ENV A=b", "RUN make install", "RUN rm x"];

fn oci() -> Image {
    let mut image = Image::default();
    let manifest = image.manifest(&config("amd64", &["PATH=/bin"], COMMANDS), &layers());
    image.index(&[manifest]);
    image
}

/// Small images for the fuzz target: a tar behind 0, and files behind 1, each with the number of a
/// known name, the length of its content, and this.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let oci = [&[0], &oci().tar()[..]].concat();
    let config = config("amd64", &["A=b"], COMMANDS).to_string().into_bytes();
    let files: [(u8, Vec<u8>); 3] = [
        (
            0,
            br#"[{"Config":"config.json","RepoTags":["a:b"],"Layers":["one/layer.tar"]}]"#.to_vec(),
        ),
        (4, config),
        (5, tar(&[("app/.env", b"a=b\n"), ("app/.wh.old", b"")])),
    ];
    let mut docker = vec![1];
    for (name, content) in files {
        docker.push(name);
        docker.extend((content.len() as u16).to_le_bytes());
        docker.extend(content);
    }
    vec![("oci".to_owned(), oci), ("docker".to_owned(), docker)]
}

/// The path and the evidence of each finding.
fn findings(ran: &Ran) -> Vec<(String, String)> {
    let report = ran.json();
    let findings = report["findings"].as_array().unwrap().iter();
    let finding = |finding: &Value| {
        let evidence = finding["evidence"].as_array().unwrap().iter();
        let evidence: Vec<&str> = evidence.map(|text| text.as_str().unwrap()).collect();
        (
            finding["path"].as_str().unwrap().to_owned(),
            evidence.join("; "),
        )
    };
    findings.map(finding).collect()
}

fn opaque(ran: &Ran) -> Vec<(String, String)> {
    let report = ran.json();
    let opaque = report["coverage"]["opaque"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    opaque
        .map(|entry| (text(&entry["path"]), text(&entry["class"])))
        .collect()
}

fn scan(dir: &Dir, image: &str, more: &[&str]) -> Ran {
    let ran = dir.run(&[&["image", image, "--format", "json"], more].concat());
    ran.is_civil();
    ran
}

/// Expects the findings of [`layers`] in an image at `path`.
fn has_all(ran: &Ran, path: &str) {
    let [first, second, third] = layers().map(|layer| short(&layer));
    let expected = [
        (
            format!("{path}!{first}!app/.env"),
            "in layer 1 of 3: COPY app /app",
            "deleted in layer 3",
        ),
        (
            format!("{path}!{first}!app/old.env"),
            "in layer 1 of 3: COPY app /app",
            "overwritten in layer 2",
        ),
        (
            format!("{path}!{second}!etc/in.env"),
            "in layer 2 of 3: RUN make install",
            "",
        ),
        (
            format!("{path}!{third}!srv/in.env"),
            "in layer 3 of 3: RUN rm x",
            "",
        ),
    ];
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(opaque(ran), [], "{ran:?}");
    let found = findings(ran);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((path, evidence), (wanted, layer, fate)) in found.iter().zip(&expected) {
        assert_eq!(path, wanted);
        assert!(
            evidence.contains(layer)
                && evidence.ends_with(if fate.is_empty() { layer } else { fate }),
            "{path}: {evidence}"
        );
    }
}

#[test]
fn a_layout_is_read_layer_by_layer() {
    let dir = Dir::new();
    oci().write(&dir, "layout");
    dir.write("image.tar", oci().tar());
    has_all(&scan(&dir, "layout", &[]), "layout");
    has_all(&scan(&dir, "image.tar", &[]), "image.tar");
    // Manifests may stand at the end, and names may begin with a dot.
    let mut last = oci();
    last.files.reverse();
    for (name, _) in &mut last.files {
        *name = format!("./{name}");
    }
    dir.write("last.tar", last.tar());
    has_all(&scan(&dir, "last.tar", &[]), "last.tar");
    for jobs in ["1", "3"] {
        let ran = scan(&dir, "last.tar", &["--jobs", jobs]);
        has_all(&ran, "last.tar");
        let text = dir.run(&["image", "last.tar", "--jobs", jobs]);
        assert!(text.stdout.contains("deleted in layer 3"), "{text:?}");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let dir = Dir::new();
    dir.write("image.tar", oci().tar());
    let run = |jobs: &str| dir.run(&["image", "image.tar", "--format", "csv", "--jobs", jobs]);
    assert_eq!(run("1").stdout, run("3").stdout);
}

#[test]
fn what_docker_saved_before_is_read() {
    let [first, ..] = layers();
    let second = tar(&[("app/.wh..wh..opq", b"")]);
    let mut config = config("amd64", &[], &["COPY app /app", "RUN rm -r app"]);
    config["rootfs"]["diff_ids"] = json!([
        format!("sha256:{}", hex(&first)),
        format!("sha256:{}", hex(&second))
    ]);
    let config = config.to_string();
    let name = format!("{}.json", hex(config.as_bytes()));
    let manifest = json!([{
        "Config": name, "RepoTags": ["app:1"], "Layers": ["a1/layer.tar", "b2/layer.tar"],
    }]);
    let mut image = Image::default();
    image.add("a1/layer.tar", &first);
    image.add("a1/VERSION", b"1.0");
    image.add("b2/layer.tar", &second);
    image.add(&name, config.as_bytes());
    image.add("manifest.json", manifest.to_string().as_bytes());
    let dir = Dir::new();
    dir.write("image.tar", image.tar());
    let ran = scan(&dir, "image.tar", &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let found = findings(&ran);
    assert_eq!(found.len(), 2, "{found:?}");
    for ((path, evidence), name) in found.iter().zip(["app/.env", "app/old.env"]) {
        assert_eq!(*path, format!("image.tar!{}!{name}", short(&first)));
        assert!(
            evidence.contains("in layer 1 of 2: COPY app /app"),
            "{evidence}"
        );
        assert!(evidence.contains("deleted in layer 2"), "{evidence}");
    }
    // What the configuration calls another content.
    let at = image
        .files
        .iter()
        .position(|(name, _)| name == "b2/layer.tar");
    image.files[at.unwrap()].1 = tar(&[("other", b"other")]);
    dir.write("image.tar", image.tar());
    let ran = scan(&dir, "image.tar", &[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let told = format!("image.tar!{}", short(&second));
    assert_eq!(opaque(&ran), [(told, "damaged".to_owned())]);
}

#[test]
fn variables_and_commands_are_judged_and_masked() {
    let env = format!("{}={}", "DB_PASSWORD", value(5));
    let command = format!("RUN install --{}={} all", "db_password", value(6));
    let layer = tar(&[("in.env", &secret(1))]);
    let mut image = Image::default();
    let manifest = image.manifest(
        &config("amd64", &["PATH=/bin", &env], &[&command]),
        &[layer],
    );
    image.index(&[manifest]);
    let dir = Dir::new();
    dir.write("image.tar", image.tar());
    let ran = scan(&dir, "image.tar", &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let found = findings(&ran);
    let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths[..2], ["image.tar!config"; 2], "{found:?}");
    assert_eq!(paths.len(), 3, "{found:?}");
    assert!(
        found[2].1.contains("in layer 1 of 1: RUN install"),
        "{found:?}"
    );
    for format in ["json", "text", "sarif", "csv"] {
        let ran = dir.run(&["image", "image.tar", "--format", format, "-v"]);
        for number in [1, 5, 6] {
            let all = [&ran.stdout[..], &ran.stderr].concat();
            assert!(!all.contains(&value(number)), "{format} {number}: {ran:?}");
        }
    }
}

#[test]
fn images_of_several_platforms_are_read() {
    let shared = tar(&[("in.env", &secret(1))]);
    let own = [tar(&[("a.env", &secret(2))]), tar(&[("b.env", &secret(3))])];
    let mut image = Image::default();
    let commands = &["COPY a", "COPY b"];
    let manifests = [("amd64", &own[0]), ("arm64", &own[1])].map(|(name, own)| {
        let config = config(name, &[], commands);
        image.manifest(&config, &[shared.clone(), own.clone()])
    });
    // An index may lead to another one.
    let index = json!({"manifests": manifests}).to_string();
    let index = image.blob(index.as_bytes());
    image.index(&[index]);
    let dir = Dir::new();
    dir.write("image.tar", image.tar());
    let ran = scan(&dir, "image.tar", &[]);
    let found = findings(&ran);
    assert_eq!((ran.code, found.len()), (1, 3), "{ran:?}");
    for (finding, evidence) in found.iter().zip([
        "in layer 1 of 2 of linux/amd64, which 2 images have: COPY a",
        "in layer 2 of 2 of linux/amd64: COPY b",
        "in layer 2 of 2 of linux/arm64: COPY b",
    ]) {
        assert!(finding.1.contains(evidence), "{found:?}");
    }
}

#[test]
fn what_is_damaged_or_missing_is_told() {
    let dir = Dir::new();
    let [_, second, third] = layers();
    // Another content under the same digest.
    let mut image = oci();
    let name = format!("blobs/sha256/{}", hex(&second));
    let at = image
        .files
        .iter()
        .position(|(known, _)| *known == name)
        .unwrap();
    image.files[at].1 = tar(&[("etc/in.env", &secret(3))]);
    dir.write("image.tar", image.tar());
    let ran = scan(&dir, "image.tar", &[]);
    assert_eq!((ran.code, findings(&ran).len()), (2, 4), "{ran:?}");
    let damaged = |content: &[u8]| {
        let path = format!("image.tar!{}", short(content));
        vec![(path, "damaged".to_owned())]
    };
    assert_eq!(opaque(&ran), damaged(&second));
    // No content.
    image.files.remove(at);
    dir.write("image.tar", image.tar());
    let ran = scan(&dir, "image.tar", &[]);
    assert_eq!((ran.code, findings(&ran).len()), (2, 3), "{ran:?}");
    assert_eq!(opaque(&ran), damaged(&second));
    let text = dir.run(&["image", "image.tar"]);
    let told = "a layer that the manifest names is not in the image";
    assert!(
        text.stderr.contains(told) || text.stdout.contains(told),
        "{text:?}"
    );
    // The last layer is cut off.
    let mut last = oci();
    let name = format!("blobs/sha256/{}", hex(&third));
    let at = last
        .files
        .iter()
        .position(|(known, _)| *known == name)
        .unwrap();
    let file = last.files.remove(at);
    last.files.push(file);
    let all = last.tar();
    dir.write("image.tar", &all[..all.len() - 2048]);
    let ran = scan(&dir, "image.tar", &[]);
    // A block of zstd is read as a whole or not at all.
    assert_eq!((ran.code, findings(&ran).len()), (2, 3), "{ran:?}");
    assert!(opaque(&ran).iter().all(|(_, class)| class == "damaged"));
    assert!(opaque(&ran).len() > 1, "{ran:?}");
}

#[test]
fn what_no_manifest_names_is_scanned() {
    let dir = Dir::new();
    let mut image = oci();
    let extra = tar(&[("left.env", &secret(7))]);
    image.blob(&extra);
    image.add("notes.env", &secret(8));
    dir.write("image.tar", image.tar());
    let ran = scan(&dir, "image.tar", &[]);
    let found = findings(&ran);
    assert_eq!((ran.code, found.len()), (1, 6), "{ran:?}");
    let blob = format!("image.tar!blobs/sha256/{}!left.env", hex(&extra));
    assert_eq!(found[4].0, blob);
    assert_eq!(found[5].0, "image.tar!notes.env");
    // What is no image at all.
    dir.write("other.tar", tar(&[("in.env", &secret(9))]));
    dir.write("other/in.env", secret(9));
    dir.write("other.env", secret(9));
    for name in ["other.tar", "other", "other.env"] {
        let ran = scan(&dir, name, &[]);
        assert_eq!((ran.code, findings(&ran).len()), (2, 1), "{ran:?}");
        assert!(ran.stdout.contains("it is no image"), "{ran:?}");
    }
    assert_eq!(dir.run(&["image", "nothing.tar"]).code, 2);
}

#[test]
fn a_stream_is_read_in_order() {
    let dir = Dir::new();
    let [first, ..] = layers();
    let member = format!("blobs/sha256/{}!app/.env", hex(&first));
    dir.write("image.tar.gz", gzip(&oci().tar()));
    let ran = scan(&dir, "image.tar.gz", &[]);
    let found = findings(&ran);
    assert_eq!((ran.code, found.len()), (1, 4), "{ran:?}");
    assert!(
        found
            .iter()
            .any(|(path, _)| *path == format!("image.tar.gz!{member}"))
    );
    for content in [oci().tar(), gzip(&oci().tar())] {
        let ran = dir.run_with(&["image", "-", "--format", "json"], &content);
        let found = findings(&ran);
        assert_eq!((ran.code, found.len()), (1, 4), "{ran:?}");
        assert!(
            found
                .iter()
                .any(|(path, _)| *path == format!("<stdin>!{member}"))
        );
    }
    let stream = |content: &[u8]| {
        let ran = dir.run_with(&["image", "-", "--format", "json"], content);
        let mut told = opaque(&ran);
        assert!(told.iter().all(|(_, class)| class == "damaged"), "{ran:?}");
        told.dedup();
        let told: Vec<String> = told.into_iter().map(|(path, _)| path).collect();
        (ran.code, findings(&ran).len(), told)
    };
    // No image, one without a layer, one with another layer, and one that is cut off.
    let none: [String; 0] = [];
    assert_eq!(stream(&secret(1)), (2, 1, none.to_vec()));
    assert_eq!(
        stream(&gzip(&tar(&[("in.env", &secret(1))]))),
        (2, 1, none.to_vec())
    );
    let mut image = oci();
    let name = format!("blobs/sha256/{}", hex(&layers()[1]));
    let at = image.files.iter().position(|(known, _)| *known == name);
    let at = at.unwrap();
    image.files[at].1 = tar(&[("etc/in.env", &secret(3))]);
    assert_eq!(
        stream(&image.tar()),
        (2, 4, vec![format!("<stdin>!{name}")])
    );
    image.files.remove(at);
    let missing = format!("<stdin>!{}", short(&layers()[1]));
    assert_eq!(stream(&gzip(&image.tar())), (2, 3, vec![missing]));
    let all = oci().tar();
    let (code, found, told) = stream(&all[..3000]);
    assert_eq!((code, found > 0), (2, true), "{told:?}");
    let packed = gzip(&all);
    assert_eq!(stream(&packed[..packed.len() / 2]).0, 2);
}

#[test]
fn layers_can_be_skipped() {
    let dir = Dir::new();
    dir.write("image.tar", oci().tar());
    let digest = hex(&layers()[0]);
    for wanted in [
        &digest[..],
        &digest[..12],
        &format!("sha256:{}", &digest[..12]),
    ] {
        let ran = scan(&dir, "image.tar", &["--skip-layer", wanted]);
        assert_eq!((ran.code, findings(&ran).len()), (1, 2), "{ran:?}");
        assert_eq!(ran.json()["summary"]["skipped"]["excluded"], 1, "{ran:?}");
    }
    for wrong in ["sha256:", "0123456789ab", ""] {
        let ran = dir.run(&["image", "image.tar", "--skip-layer", wrong]);
        assert_eq!(ran.code, 2, "{ran:?}");
    }
    let ran = dir.run_with(&["image", "-", "--skip-layer", &digest], &oci().tar());
    assert_eq!(ran.code, 2, "{ran:?}");
}

/// A tar with a symbolic link in front.
fn with_link(name: &str, target: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut all = tar(&[(name, b"")])[..512].to_vec();
    all[156] = b'2';
    all[157..157 + target.len()].copy_from_slice(target.as_bytes());
    all[148..156].copy_from_slice(b"        ");
    let sum: u32 = all.iter().map(|b| u32::from(*b)).sum();
    all[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    [all, tar(files)].concat()
}

#[test]
fn links_lead_to_layers() {
    let layer = tar(&[("in.env", &secret(1))]);
    let config = config("amd64", &[], &["COPY x"]).to_string();
    let manifest = json!([{"Config": "c.json", "Layers": ["a1/layer.tar"]}]).to_string();
    let files: [(&str, &[u8]); 3] = [
        ("b2/layer.tar", &layer),
        ("c.json", config.as_bytes()),
        ("manifest.json", manifest.as_bytes()),
    ];
    let dir = Dir::new();
    dir.write(
        "image.tar",
        with_link("a1/layer.tar", "../b2/layer.tar", &files),
    );
    let ran = scan(&dir, "image.tar", &[]);
    let found = findings(&ran);
    assert_eq!((ran.code, found.len()), (1, 1), "{ran:?}");
    assert_eq!(found[0].0, "image.tar!b2/layer.tar!in.env");
    assert!(found[0].1.contains("in layer 1 of 1: COPY x"), "{found:?}");
    // Nowhere, and in a circle.
    for target in ["../nothing.tar", "layer.tar", "../../../etc/passwd"] {
        dir.write("image.tar", with_link("a1/layer.tar", target, &files));
        let ran = scan(&dir, "image.tar", &[]);
        assert_eq!((ran.code, findings(&ran).len()), (2, 1), "{ran:?}");
        let missing = ("image.tar!a1/layer.tar".to_owned(), "damaged".to_owned());
        assert_eq!(opaque(&ran), [missing]);
    }
}

#[cfg(unix)]
#[test]
fn links_of_a_directory_lead_to_its_files() {
    use std::os::unix::fs::symlink;
    let dir = Dir::new();
    let manifest = json!([{"Config": "c.json", "Layers": ["a1/layer.tar"]}]).to_string();
    dir.write("i/b2/layer.tar", tar(&[("in.env", &secret(1))]))
        .write("i/c.json", config("amd64", &[], &["COPY x"]).to_string())
        .write("i/manifest.json", manifest)
        .write("etc/passwd", "outside")
        .write("i/a1/x", "x");
    let link = dir.path().join("i/a1/layer.tar");
    symlink("../b2/layer.tar", &link).unwrap();
    let ran = scan(&dir, "i", &["--strict"]);
    assert_eq!((ran.code, findings(&ran).len()), (1, 1), "{ran:?}");
    assert!(
        findings(&ran)[0].1.contains("in layer 1 of 1: COPY x"),
        "{ran:?}"
    );
    // Out of the image, also if it has a file of that name; nowhere; and in a circle.
    dir.write("i/etc/passwd", "inside");
    for target in ["../../etc/passwd", "/etc/passwd", "nothing", "layer.tar"] {
        std::fs::remove_file(&link).unwrap();
        symlink(target, &link).unwrap();
        let ran = scan(&dir, "i", &[]);
        assert_eq!(
            (ran.code, findings(&ran).len()),
            (2, 1),
            "{target}: {ran:?}"
        );
        assert!(ran.stdout.contains("\"symlink\""), "{target}: {ran:?}");
    }
    let text = dir.run(&["image", "i", "-v"]);
    assert!(text.stdout.contains("stopleak scan --follow"), "{text:?}");
}

#[test]
fn nothing_of_a_configuration_is_hidden() {
    let layer = tar(&[("in", b"nothing")]);
    let mut image = Image::default();
    let variable = |number| format!("\"{}={}\"", "DB_PASSWORD", value(number));
    // The first of two names, a name without a value, and what no specification names.
    let config = format!(
        r#"{{"config": {{"Env": [{}], "Env": ["A=b"]}}, "history": [{{"created_by": "x"}}],
        "Volumes": {{{}: {{}}}}, "extra": [[{{"more": {}}}]]}}"#,
        variable(1),
        variable(2),
        variable(3),
    );
    let config = image.blob(config.as_bytes());
    let layer = image.blob(&layer);
    let manifest = json!({"config": config, "layers": [layer]}).to_string();
    let manifest = image.blob(manifest.as_bytes());
    image.index(&[manifest]);
    let dir = Dir::new();
    dir.write("image.tar", image.tar());
    let ran = scan(&dir, "image.tar", &[]);
    assert_eq!((ran.code, findings(&ran).len()), (1, 3), "{ran:?}");
    // What is no document is scanned as it is, and told.
    for content in ["not json\n", "{\"config\": {}} {}\n"] {
        let mut image = Image::default();
        let content = [content.as_bytes(), &secret(4)].concat();
        let config = image.blob(&content);
        let manifest = json!({"config": config, "layers": []}).to_string();
        let manifest = image.blob(manifest.as_bytes());
        image.index(&[manifest]);
        dir.write("image.tar", image.tar());
        let ran = scan(&dir, "image.tar", &[]);
        assert_eq!((ran.code, findings(&ran).len()), (2, 1), "{ran:?}");
    }
}

#[test]
fn two_files_of_one_name_are_both_scanned() {
    let dir = Dir::new();
    let mut image = oci();
    let hidden = image.files[0].0.clone();
    image.files.insert(0, (hidden, secret(5)));
    image.files.push(("x.env".to_owned(), secret(6)));
    image.files.push(("x.env".to_owned(), secret(7)));
    dir.write("image.tar", image.tar());
    let ran = scan(&dir, "image.tar", &[]);
    // The first one does not have the digest of its name.
    assert_eq!((ran.code, findings(&ran).len()), (2, 7), "{ran:?}");
    let mut paths: Vec<String> = findings(&ran).into_iter().map(|(path, _)| path).collect();
    paths.dedup();
    assert_eq!(paths.len(), 7, "{paths:?}");
}

#[test]
fn containers_in_layers_share_the_fate_of_their_file() {
    let inner = gzip(&tar(&[("conf/in.env", &secret(1))]));
    let layers = [
        tar(&[("srv/app.tgz", &inner)]),
        tar(&[("other", b"other")]),
        tar(&[(".wh.srv", b"")]),
    ];
    let mut image = Image::default();
    let manifest = image.manifest(&config("amd64", &[], &["a", "b"]), &layers);
    image.index(&[manifest]);
    let dir = Dir::new();
    image.write(&dir, "layout");
    let ran = scan(&dir, "layout/", &[]);
    let found = findings(&ran);
    assert_eq!((ran.code, found.len()), (1, 1), "{ran:?}");
    let path = format!("layout!{}!srv/app.tgz!conf/in.env", short(&layers[0]));
    assert_eq!(found[0].0, path);
    // The history has another number of steps, so it is not told.
    let evidence = "in layer 1 of 3; deleted in layer 3";
    assert!(found[0].1.ends_with(evidence), "{found:?}");
}

#[test]
fn accepted_findings_and_gaps_stay_accepted() {
    let dir = Dir::new();
    let mut image = oci();
    image
        .files
        .retain(|(name, _)| !name.ends_with(&hex(&layers()[1])));
    dir.write("image.tar", image.tar());
    let missing = short(&layers()[1]);
    dir.write(
        "stopleak.toml",
        format!("[coverage]\naccept = [\"image.tar!{missing}\"]\n"),
    );
    let ran = scan(&dir, "image.tar", &[]);
    assert_eq!((ran.code, findings(&ran).len()), (1, 3), "{ran:?}");
    dir.write("stopleak.toml", "[[allow]]\npaths = [\"*!app/*.env\", \"*!app/.env\"]\nreason = \"made up\"\n[coverage]\ndamaged = \"warn\"\n");
    let ran = scan(&dir, "image.tar", &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(findings(&ran).len(), 1, "{ran:?}");
}

/// Manifests that name one thing very often, and documents of very many values.
#[test]
fn hostile_manifests_end() {
    let dir = Dir::new();
    let layer = tar(&[("in.env", &secret(1))]);
    let mut image = Image::default();
    let config = image.blob(config("amd64", &[], &["x"]).to_string().as_bytes());
    let layer = image.blob(&layer);
    let manifest = json!({"config": config, "layers": vec![layer; 20_000]}).to_string();
    let manifest = image.blob(manifest.as_bytes());
    let many = format!("[{}0]", "0,".repeat(2_000_000));
    image.add("manifest.json", many.as_bytes());
    image.index(&vec![manifest; 20_000]);
    dir.write("image.tar", image.tar());
    let ran = scan(&dir, "image.tar", &[]);
    assert_eq!((ran.code, findings(&ran).len()), (2, 1), "{ran:?}");
    let told = ("image.tar!manifest.json".to_owned(), "damaged".to_owned());
    assert_eq!(opaque(&ran), [told]);
    // Deep, and one that leads to itself.
    let mut image = Image::default();
    image.add("index.json", "[".repeat(1_000_000).as_bytes());
    image.add("notes.env", &secret(2));
    dir.write("image.tar", image.tar());
    let ran = scan(&dir, "image.tar", &[]);
    assert_eq!((ran.code, findings(&ran).len()), (2, 1), "{ran:?}");
}
