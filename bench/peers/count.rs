//! count.c in Rust, with Rc.

mod bench;
mod counts;

use counts::{Object, Shared};
use std::rc::Rc;

impl Shared for Rc<Object> {
    fn make(object: Object) -> Self {
        Rc::new(object)
    }

    fn is_sole(&self) -> bool {
        Rc::strong_count(self) == 1
    }
}

fn main() {
    counts::run::<Rc<Object>>(|_, _| {});
}
