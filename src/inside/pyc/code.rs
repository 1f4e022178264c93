//! Names that bytecode gives to constants.
//!
//! The bytecode is read from its first instruction to its last with a model of the stack, which
//! forgets all at an instruction that is not known here. So nothing wrong is told, at most
//! too little.

use super::super::lines::{MEMBER, NAME, is_text, push_quoted, push_text};
use super::marshal::{Code, NONE, Value};
use super::op::{self, Op};
use super::{Layout, Version};

/// What is known of something on the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Unknown,
    Const(u32),
    /// The value of what has this name.
    Name(u32),
    Function(u32),
}

/// What joins a name and a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `name = "…"`
    Set,
    /// `name="…"`
    Argument,
    /// `name == "…"`
    Equal,
    /// `"name": "…"`
    Entry,
    /// `("name", "…")`
    Positional,
}

/// The lines that bytecode gives.
pub(super) struct Lines<'v> {
    bytes: &'v [u8],
    values: &'v [Value],
    layout: Option<Layout>,
    table: [Option<Op>; 256],
    out: Vec<u8>,
    /// Whether a value stands in a line.
    is_told: Vec<bool>,
    stack: Vec<Item>,
    /// How much more may be written and compared, in bytes and items.
    budget: usize,
    /// Whether there would be more lines than a limit allows.
    pub(super) is_cut: bool,
}

impl<'v> Lines<'v> {
    pub(super) fn new(bytes: &'v [u8], version: Version, values: &'v [Value]) -> Self {
        Self {
            bytes,
            values,
            layout: version.layout,
            table: version.layout.map_or([None; 256], |layout| {
                op::table(layout, version.numbers == 4)
            }),
            out: Vec::new(),
            is_told: vec![false; values.len()],
            stack: Vec::new(),
            budget: (8 * bytes.len()).saturating_add(64 << 10),
            is_cut: false,
        }
    }

    /// Returns the lines, and which values stand in them.
    pub(super) fn finish(self) -> (Vec<u8>, Vec<bool>) {
        (self.out, self.is_told)
    }

    fn value(&self, id: u32) -> Option<&'v Value> {
        self.values.get(id as usize)
    }

    fn items(&self, id: u32) -> &'v [u32] {
        match self.value(id) {
            Some(Value::Items(items)) => items,
            _ => &[],
        }
    }

    fn item(&self, list: u32, at: usize) -> u32 {
        self.items(list).get(at).copied().unwrap_or(NONE)
    }

    /// Returns a text.
    fn text(&self, id: u32) -> Option<&'v [u8]> {
        match self.value(id)? {
            Value::Text(range) | Value::Bytes(range) => self.bytes.get(range.clone()),
            _ => None,
        }
    }

    /// Returns the name of a local, or of a variable in a cell.
    fn variable(&self, code: &Code, at: usize, is_cell: bool) -> u32 {
        let is_one_list = !matches!(self.layout, Some(Layout::Old | Layout::P36));
        if !is_cell || is_one_list {
            return self.item(code.locals(), at);
        }
        let [cells, free] = code.cells();
        let count = self.items(cells).len();
        match at.checked_sub(count) {
            None => self.item(cells, at),
            Some(at) => self.item(free, at),
        }
    }

    /// Counts work. Returns false if it is too much.
    fn spend(&mut self, amount: usize) -> bool {
        let left = self.budget.checked_sub(amount);
        self.budget = left.unwrap_or(self.budget);
        self.is_cut |= left.is_none();
        left.is_some()
    }

    /// Appends a line with a name and a constant, in the `form` of what joins them.
    fn pair(&mut self, name: u32, form: Form, value: Item) {
        let Item::Const(id) = value else {
            return;
        };
        let (Some(named), Some(value)) = (self.text(name), self.value(id)) else {
            return;
        };
        let len = match value {
            Value::Text(range) => range.len(),
            Value::Bytes(range) if range.len() < MEMBER => range.len(),
            Value::Bytes(range) if is_text(&self.bytes[range.clone()]) => range.len(),
            Value::Number(_) => 12,
            _ => return,
        };
        let is_whole = named.len() <= NAME;
        let named = &named[..named.len().min(NAME)];
        if !self.spend(len + named.len() + 16) {
            return;
        }
        let (before, between, behind) = match form {
            Form::Set => ("", " = ", ""),
            Form::Argument => ("", "=", ""),
            Form::Equal => ("", " == ", ""),
            Form::Entry => ("\"", "\": ", ""),
            Form::Positional => ("(\"", "\", ", ")"),
        };
        self.out.extend_from_slice(before.as_bytes());
        push_text(&mut self.out, named);
        self.out.extend_from_slice(between.as_bytes());
        self.push_value(value);
        self.out.extend_from_slice(behind.as_bytes());
        self.out.push(b'\n');
        for (id, is_whole) in [(name, is_whole), (id, true)] {
            if let Some(is_told) = self.is_told.get_mut(id as usize) {
                *is_told |= is_whole;
            }
        }
    }

    /// Appends a constant as it stands in a source.
    fn push_value(&mut self, value: &Value) {
        let (Value::Text(range) | Value::Bytes(range)) = value else {
            if let Value::Number(number) = value {
                self.out.extend_from_slice(number.to_string().as_bytes());
            }
            return;
        };
        if matches!(value, Value::Bytes(_)) && self.layout != Some(Layout::Old) {
            self.out.push(b'b');
        }
        push_quoted(&mut self.out, &self.bytes[range.clone()]);
    }

    fn pop(&mut self) -> Item {
        self.stack.pop().unwrap_or(Item::Unknown)
    }

    fn drop_items(&mut self, count: usize) {
        self.stack.truncate(self.stack.len().saturating_sub(count));
    }

    /// Replaces `count` items by one of which nothing is known.
    fn reduce(&mut self, count: usize) {
        self.drop_items(count);
        self.stack.push(Item::Unknown);
    }

    /// Appends a line for each of the `names` that names one of the topmost items, of which the last
    /// name is that of the last one.
    fn named(&mut self, names: &[u32], form: Form) {
        let count = names.len().min(self.stack.len());
        if !self.spend(count) {
            return;
        }
        let items: Vec<Item> = self.stack[self.stack.len() - count..].to_vec();
        for (name, item) in names[names.len() - count..].iter().zip(items) {
            self.pair(*name, form, item);
        }
    }

    /// Appends what a code object gives.
    pub(super) fn code(&mut self, code: &Code) {
        let Some(layout) = self.layout else {
            return;
        };
        let Some(bytecode) = self.text(code.bytecode()) else {
            return;
        };
        self.stack.clear();
        let mut extended = 0_usize;
        let mut rest = bytecode;
        while let [number, behind @ ..] = rest {
            let argument;
            (argument, rest) = match (layout, behind) {
                (Layout::Old, [low, high, behind @ ..]) if *number >= 90 => {
                    (usize::from(u16::from_le_bytes([*low, *high])), behind)
                }
                (Layout::Old, _) if *number < 90 => (0, behind),
                (_, [argument, behind @ ..]) => (usize::from(*argument), behind),
                (_, []) => return,
            };
            let argument = extended | argument;
            let op = self.table[usize::from(*number)];
            if op == Some(Op::Extended) {
                let width = if layout == Layout::Old { 16 } else { 8 };
                extended = (argument & 0xff_ffff) << width;
                continue;
            }
            extended = 0;
            match op {
                Some(op) => self.instruction(code, layout, op, argument),
                None => {
                    self.stack.clear();
                    self.stack.push(Item::Unknown);
                }
            }
            // Deeper than any source gets.
            if self.stack.len() > 1 << 16 {
                self.stack.clear();
            }
        }
    }

    fn instruction(&mut self, code: &Code, layout: Layout, op: Op, argument: usize) {
        let is_new = !matches!(layout, Layout::Old | Layout::P36);
        match op {
            Op::Nop | Op::Extended => {}
            Op::Const => {
                let id = self.item(code.constants(), argument);
                self.stack.push(Item::Const(id));
            }
            Op::StoreName => self.store(self.item(code.names(), argument)),
            Op::StoreFast => self.store(self.variable(code, argument, false)),
            Op::StoreDeref => self.store(self.variable(code, argument, true)),
            Op::StoreAttr => {
                self.pop();
                self.store(self.item(code.names(), argument));
            }
            Op::StoreLoad => {
                self.store(self.variable(code, argument >> 4, false));
                let name = self.variable(code, argument & 15, false);
                self.stack.push(Item::Name(name));
            }
            Op::StoreStore => {
                self.store(self.variable(code, argument >> 4, false));
                self.store(self.variable(code, argument & 15, false));
            }
            Op::LoadName => self
                .stack
                .push(Item::Name(self.item(code.names(), argument))),
            Op::LoadGlobal => {
                let (at, has_null) = match is_new {
                    true => (argument >> 1, argument & 1 == 1),
                    false => (argument, false),
                };
                let name = Item::Name(self.item(code.names(), at));
                // 3.11 and 3.12 push the NULL first.
                let is_first = matches!(layout, Layout::P311 | Layout::P312);
                if has_null && is_first {
                    self.stack.push(Item::Unknown);
                }
                self.stack.push(name);
                if has_null && !is_first {
                    self.stack.push(Item::Unknown);
                }
            }
            Op::LoadFast => self
                .stack
                .push(Item::Name(self.variable(code, argument, false))),
            Op::LoadTwo => {
                for at in [argument >> 4, argument & 15] {
                    let name = self.variable(code, at, false);
                    self.stack.push(Item::Name(name));
                }
            }
            Op::LoadDeref => self
                .stack
                .push(Item::Name(self.variable(code, argument, true))),
            Op::LoadAttr => self.attribute(code, layout, argument),
            Op::LoadMethod => {
                self.pop();
                self.stack
                    .push(Item::Name(self.item(code.names(), argument)));
                self.stack.push(Item::Unknown);
            }
            _ => self.combination(code, layout, op, argument),
        }
    }

    fn attribute(&mut self, code: &Code, layout: Layout, argument: usize) {
        self.pop();
        let names = code.names();
        // 3.12 and later mark a method in the lowest bit.
        let (at, is_method) = match layout {
            Layout::P312 | Layout::P313 | Layout::P314 => (argument >> 1, argument & 1 == 1),
            _ => (argument, false),
        };
        self.stack.push(Item::Name(self.item(names, at)));
        if is_method {
            self.stack.push(Item::Unknown);
        }
    }

    /// Instructions that build, call and compare.
    fn combination(&mut self, code: &Code, layout: Layout, op: Op, argument: usize) {
        match op {
            Op::StoreSubscr | Op::StoreMap | Op::MapAdd => {
                let (first, second) = (self.pop(), self.pop());
                let (key, value) = match op {
                    Op::StoreSubscr => (first, self.stack.pop().unwrap_or(Item::Unknown)),
                    Op::StoreMap => (first, second),
                    _ => (second, first),
                };
                self.entry(key, value);
            }
            Op::Push => self.stack.push(Item::Unknown),
            Op::Copy => {
                let depth = if layout == Layout::P36 || layout == Layout::Old {
                    1
                } else {
                    argument
                };
                let at = self.stack.len().checked_sub(depth.max(1));
                let item = at.and_then(|at| self.stack.get(at).copied());
                self.stack.push(item.unwrap_or(Item::Unknown));
            }
            Op::Swap => {
                let depth = if layout == Layout::P36 || layout == Layout::Old {
                    2
                } else {
                    argument
                };
                let len = self.stack.len();
                match len.checked_sub(depth) {
                    Some(at) if depth > 0 => self.stack.swap(at, len - 1),
                    _ => self.stack.clear(),
                }
            }
            Op::Pop | Op::Merge => {
                self.pop();
            }
            Op::Unpack => {
                let items = match self.pop() {
                    Item::Const(id) => self.items(id),
                    _ => &[],
                };
                let count = argument.min(1024);
                if !self.spend(count) {
                    return;
                }
                for at in (0..count).rev() {
                    let item = items.get(at).filter(|_| items.len() == argument);
                    self.stack
                        .push(item.map_or(Item::Unknown, |id| Item::Const(*id)));
                }
            }
            Op::ConstKeyMap => {
                let keys = match self.pop() {
                    Item::Const(id) => self.items(id),
                    _ => &[],
                };
                self.named(keys, Form::Entry);
                self.reduce(argument);
            }
            Op::Map if layout == Layout::Old => self.stack.push(Item::Unknown),
            Op::Map => {
                let count = argument.saturating_mul(2).min(self.stack.len()) & !1;
                let items = self.stack.split_off(self.stack.len() - count);
                for entry in items.chunks(2) {
                    if let [key, value] = *entry {
                        self.entry(key, value);
                    }
                }
                self.reduce(argument.saturating_mul(2) - count);
            }
            Op::Build => self.reduce(argument),
            Op::Binary if layout == Layout::P314 && argument == 26 => self.subscript(),
            Op::Subscr => self.subscript(),
            Op::Binary => self.reduce(2),
            Op::Compare => {
                match (self.pop(), self.pop()) {
                    (Item::Const(id), Item::Name(name)) | (Item::Name(name), Item::Const(id)) => {
                        self.pair(name, Form::Equal, Item::Const(id));
                    }
                    _ => {}
                }
                self.stack.push(Item::Unknown);
            }
            _ => self.call(code, layout, op, argument),
        }
    }

    /// Instructions that call functions and make them.
    fn call(&mut self, code: &Code, layout: Layout, op: Op, argument: usize) {
        match op {
            Op::Call if layout == Layout::Old => {
                let (count, pairs) = (argument & 0xff, argument >> 8 & 0xff);
                let at = self.stack.len().saturating_sub(2 * pairs);
                let named = self.stack.split_off(at);
                for entry in named.rchunks(2) {
                    if let [Item::Const(name), value] = *entry {
                        self.pair(name, Form::Argument, value);
                    }
                }
                self.positional(count);
                self.reduce(count + 1);
            }
            Op::Call => {
                self.positional(argument);
                self.reduce(argument.saturating_add(if layout == Layout::P36 { 1 } else { 2 }));
            }
            Op::CallMethod => {
                self.positional(argument);
                self.reduce(argument.saturating_add(2));
            }
            Op::CallKw => {
                let names = match self.pop() {
                    Item::Const(id) => self.items(id),
                    _ => &[],
                };
                self.named(names, Form::Argument);
                self.reduce(argument.saturating_add(if layout == Layout::P36 { 1 } else { 2 }));
            }
            Op::KwNames => self.named(
                self.items(self.item(code.constants(), argument)),
                Form::Argument,
            ),
            Op::MakeFunction => {
                if layout == Layout::P36 {
                    self.pop();
                }
                let made = self.pop();
                let Item::Const(made) = made else {
                    self.stack.clear();
                    self.stack.push(Item::Unknown);
                    return;
                };
                if matches!(layout, Layout::P36 | Layout::P311 | Layout::P312) {
                    let others = (argument & 0b1110).count_ones() as usize;
                    self.drop_items(others);
                    if argument & 1 == 1 {
                        let defaults = self.pop();
                        self.defaults(made, defaults);
                    }
                }
                self.stack.push(Item::Function(made));
            }
            Op::SetDefault => {
                let (function, value) = (self.pop(), self.pop());
                if let (Item::Function(made), 1) = (function, argument) {
                    self.defaults(made, value);
                }
                self.stack.push(function);
            }
            _ => {}
        }
    }

    fn store(&mut self, name: u32) {
        let item = self.pop();
        self.pair(name, Form::Set, item);
    }

    fn entry(&mut self, key: Item, value: Item) {
        if let Item::Const(key) = key {
            self.pair(key, Form::Entry, value);
        }
    }

    fn subscript(&mut self) {
        let key = self.pop();
        self.pop();
        self.stack.push(match key {
            Item::Const(id) if self.text(id).is_some() => Item::Name(id),
            _ => Item::Unknown,
        });
    }

    /// Appends a line for a call like `getenv("NAME", "value")`.
    fn positional(&mut self, count: usize) {
        let from = self.stack.len().checked_sub(count);
        let Some(&[Item::Const(name), value @ Item::Const(_)]) =
            from.and_then(|from| self.stack.get(from..))
        else {
            return;
        };
        self.pair(name, Form::Positional, value);
    }

    /// Appends lines for the defaults of a function.
    fn defaults(&mut self, made: u32, defaults: Item) {
        let (Some(Value::Code(code)), Item::Const(defaults)) = (self.value(made), defaults) else {
            return;
        };
        let defaults = self.items(defaults);
        if !self.spend(defaults.len()) {
            return;
        }
        let names = self.items(code.locals());
        let names = &names[..names.len().min(code.arguments as usize)];
        for (name, value) in names.iter().rev().zip(defaults.iter().rev()) {
            self.pair(*name, Form::Argument, Item::Const(*value));
        }
    }
}
