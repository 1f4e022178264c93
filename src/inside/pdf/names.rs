//! What objects say about streams: which fonts they use under which names, and which are
//! attachments.

use std::collections::HashMap;
use std::io;
use std::rc::Rc;

use super::super::budget::HELD;
use super::super::input::Input;
use super::filter::unpack;
use super::font::Font;
use super::objects::{Objects, Stream};
use super::token::{Dictionary, Token, Tokens, decoded, reference, references};

/// Fonts by the names that they have in some streams.
type Fonts = HashMap<Vec<u8>, u32>;

/// How many groups of pages may lie inside each other.
const DEPTH: usize = 32;

/// The most bytes that are read to learn what the codes of all fonts stand for.
const WORK: usize = 64 << 20;

#[derive(Default)]
pub(super) struct Names {
    fonts: HashMap<u32, Rc<Font>>,
    /// By the number of a stream.
    used: HashMap<u32, Rc<Fonts>>,
    all: Fonts,
    attached: HashMap<u32, Vec<u8>>,
    /// Fonts say more than is read.
    pub(super) is_over: bool,
}

/// Where a font says what its codes stand for.
struct FontParts<'a> {
    is_wide: bool,
    /// The number of a stream.
    map: Option<u32>,
    differences: &'a [u8],
    widths: &'a [u8],
    /// The first code with a width, or the width of others.
    number: Option<usize>,
}

impl<'a> FontParts<'a> {
    fn of(dictionary: &Dictionary<'a>, objects: &Objects<'a>) -> Self {
        let is_wide = dictionary.is("Subtype", "Type0");
        let get = |dictionary: &Dictionary<'a>, key| {
            let value = dictionary.get(key).map(|value| objects.resolve(value));
            value.unwrap_or_default()
        };
        let encoding = Dictionary::of(get(dictionary, "Encoding")).0;
        let (widths, number) = match is_wide {
            true => {
                let below = references(get(dictionary, "DescendantFonts"));
                let below = below.first().map(|number| objects.get(*number));
                let below = Dictionary::of(below.unwrap_or_default()).0;
                (get(&below, "W"), below.number("DW"))
            }
            false => (get(dictionary, "Widths"), dictionary.number("FirstChar")),
        };
        Self {
            is_wide,
            map: dictionary.get("ToUnicode").and_then(reference),
            differences: get(&encoding, "Differences"),
            widths: Self::array(widths),
            number,
        }
    }

    /// Returns an array without what follows it.
    fn array(bytes: &'a [u8]) -> &'a [u8] {
        let end = memchr::memmem::find(bytes, b"endobj").unwrap_or(bytes.len());
        &bytes[..end]
    }

    fn is_any(&self) -> bool {
        let has_text = !self.differences.is_empty() || !self.widths.is_empty();
        self.is_wide || self.map.is_some() || has_text
    }

    fn key(&self) -> impl Eq + std::hash::Hash + use<> {
        let places = (
            self.differences.as_ptr() as usize,
            self.widths.as_ptr() as usize,
        );
        (self.map, self.is_wide, places, self.number)
    }

    fn size(&self) -> usize {
        self.differences.len() + self.widths.len()
    }

    fn read(&self, map: &[u8]) -> Font {
        let mut font = Font::new(self.is_wide);
        font.differences(self.differences);
        font.map(map);
        if self.is_wide {
            font.wide_widths(self.widths, self.number);
        } else if !self.widths.is_empty() {
            font.widths(self.number.unwrap_or(0) as u32, self.widths);
        }
        font
    }
}

/// What an object says.
#[derive(Default)]
struct Node<'a> {
    parent: Option<u32>,
    resources: Option<&'a [u8]>,
    fonts: Option<&'a [u8]>,
    contents: Option<&'a [u8]>,
}

impl Names {
    /// Reads what all objects of a document say.
    ///
    /// # Errors
    /// Fails if more is unpacked than the budget allows.
    pub(super) fn read(data: &[u8], streams: &[Stream], input: &Input<'_>) -> io::Result<Self> {
        let outside = Objects::outside(data, streams);
        let resolve = |value| outside.resolve(value);
        let mut held = Vec::new();
        let mut parts = Vec::new();
        for stream in streams {
            let dictionary = stream.dictionary(data);
            if dictionary.is("Type", "ObjStm") {
                let unpacked = unpack(&dictionary, stream.packed(data), &resolve, input)?.bytes;
                if held.len() + unpacked.len() > HELD {
                    break;
                }
                let start = held.len();
                held.extend_from_slice(&unpacked);
                parts.push((start..held.len(), dictionary.number("First").unwrap_or(0)));
            }
        }
        let mut objects = Objects::outside(data, streams);
        for (part, first) in parts {
            objects.packed(&held[part], first);
        }
        let mut names = Self::default();
        let nodes = names.nodes(&objects, data, streams, input)?;
        names.uses(&objects, &nodes);
        Ok(names)
    }

    fn nodes<'a>(
        &mut self,
        objects: &Objects<'a>,
        data: &[u8],
        streams: &[Stream],
        input: &Input<'_>,
    ) -> io::Result<HashMap<u32, Node<'a>>> {
        let by_number: HashMap<u32, &Stream> = streams.iter().map(|s| (s.number, s)).collect();
        let outside = Objects::default();
        // Fonts often share what they tell.
        let mut known = HashMap::new();
        let mut work = 0_usize;
        let mut nodes = HashMap::new();
        for (number, body) in objects.in_order() {
            if !body.trim_ascii_start().starts_with(b"<<") {
                continue;
            }
            let (dictionary, _) = Dictionary::of(body);
            if let Some(files) = dictionary.get("EF") {
                let name = ["UF", "F"].into_iter().find_map(|key| {
                    let value = objects.resolve(dictionary.get(key)?);
                    match Tokens::new(value).next() {
                        Some(Token::Text(name, _)) => Some(decoded(&name)),
                        _ => None,
                    }
                });
                if let Some(name) = name {
                    for number in references(objects.resolve(files)).into_iter().take(8) {
                        self.attached.insert(number, name.clone());
                    }
                }
            }
            let font = FontParts::of(&dictionary, objects);
            if font.is_any() {
                let key = font.key();
                let font = match known.get(&key) {
                    Some(font) => Rc::clone(font),
                    None => {
                        let map = font.map.and_then(|number| by_number.get(&number));
                        let map = match map {
                            Some(stream) => {
                                let resolve = |value| outside.resolve(value);
                                let map = stream.dictionary(data);
                                unpack(&map, stream.packed(data), &resolve, input)?.bytes
                            }
                            None => Vec::new(),
                        };
                        work += font.size() + map.len();
                        if work > WORK {
                            self.is_over = true;
                            continue;
                        }
                        Rc::new(font.read(&map))
                    }
                };
                known.insert(key, Rc::clone(&font));
                self.fonts.insert(number, font);
            }
            let node = Node {
                parent: dictionary.get("Parent").and_then(reference),
                resources: dictionary.get("Resources"),
                fonts: dictionary.get("Font"),
                contents: dictionary.get("Contents"),
            };
            if node.parent.is_some() || node.resources.is_some() || node.fonts.is_some() {
                nodes.insert(number, node);
            }
        }
        Ok(nodes)
    }

    /// Notes which fonts streams use.
    fn uses(&mut self, objects: &Objects<'_>, nodes: &HashMap<u32, Node<'_>>) {
        // Pages often share what they use.
        let mut known: HashMap<usize, Rc<Fonts>> = HashMap::new();
        let all = &mut self.all;
        let mut fonts = |value: &[u8]| -> Rc<Fonts> {
            let found = known.entry(value.as_ptr() as usize).or_insert_with(|| {
                let (dictionary, _) = Dictionary::of(value);
                let named =
                    |(name, value): &(Vec<u8>, &[u8])| Some((name.clone(), reference(value)?));
                let fonts: Fonts = dictionary.entries().iter().filter_map(named).collect();
                all.extend(fonts.iter().map(|(name, font)| (name.clone(), *font)));
                Rc::new(fonts)
            });
            Rc::clone(found)
        };
        let mut inner: HashMap<usize, &[u8]> = HashMap::new();
        let mut order: Vec<_> = nodes.iter().collect();
        order.sort_by_key(|(number, _)| **number);
        for (number, node) in order {
            if let Some(value) = node.fonts {
                fonts(objects.resolve(value));
            }
            let mut resources = node.resources;
            let mut above = node.parent;
            for _ in 0..DEPTH {
                let Some(parent) = above
                    .filter(|_| resources.is_none())
                    .and_then(|n| nodes.get(&n))
                else {
                    break;
                };
                resources = parent.resources;
                above = parent.parent;
            }
            let Some(resources) = resources.map(|value| objects.resolve(value)) else {
                continue;
            };
            let value = *inner
                .entry(resources.as_ptr() as usize)
                .or_insert_with(|| Dictionary::of(resources).0.get("Font").unwrap_or_default());
            let fonts = fonts(objects.resolve(value));
            self.used.insert(*number, Rc::clone(&fonts));
            let Some(contents) = node.contents else {
                continue;
            };
            // The streams, or an object with an array of them.
            let mut streams = references(contents);
            if let ([_], true) = (streams.as_slice(), reference(contents).is_some()) {
                let array = objects.resolve(contents);
                if array.trim_ascii_start().starts_with(b"[") {
                    streams.extend(references(array));
                }
            }
            for stream in streams {
                self.used.insert(stream, Rc::clone(&fonts));
            }
        }
    }

    /// Whether a stream is known as the content of a page.
    pub(super) fn is_content(&self, stream: u32) -> bool {
        self.used.contains_key(&stream)
    }

    /// Returns the font that a stream calls by a name.
    pub(super) fn font(&self, stream: u32, name: &[u8]) -> Option<&Font> {
        let here = self.used.get(&stream).and_then(|fonts| fonts.get(name));
        self.fonts
            .get(here.or_else(|| self.all.get(name))?)
            .map(Rc::as_ref)
    }

    /// Returns the name of an attachment.
    pub(super) fn attached(&self, stream: u32) -> Option<&[u8]> {
        self.attached.get(&stream).map(Vec::as_slice)
    }
}
