//! A map of a few entries, as a list: looked through from the front, in the order in which keys came.

/// The map. A tree or a table for each type of entry would be ten times the code, for what rarely has more than a few.
#[derive(Clone, Debug)]
pub struct SmallMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for SmallMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> SmallMap<K, V> {
    /// Without any entry.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key that came first.
    pub fn first_key(&self) -> Option<&K> {
        self.0.first().map(|(key, _)| key)
    }
}

impl<K: PartialEq, V> SmallMap<K, V> {
    fn place(&self, key: &K) -> Option<usize> {
        self.0.iter().position(|(known, _)| known == key)
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.0.iter_mut().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// Gives a key a value; the one that it had comes back.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(known) = self.get_mut(&key) {
            return Some(std::mem::replace(known, value));
        }
        self.0.push((key, value));
        None
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.place(key).map(|at| self.0.remove(at).1)
    }
}

#[cfg(test)]
mod tests {
    use super::SmallMap;

    #[test]
    fn keeps_what_a_map_keeps() {
        let mut map = SmallMap::default();
        assert_eq!((map.insert(2, "b"), map.insert(1, "a"), map.insert(2, "c")), (None, None, Some("b")));
        assert_eq!((map.len(), map.first_key(), map.get(&2)), (2, Some(&2), Some(&"c")));
        if let Some(value) = map.get_mut(&1) {
            *value = "d";
        }
        assert_eq!((map.remove(&1), map.remove(&1), map.remove(&2), map.is_empty()), (Some("d"), None, Some("c"), true));
    }
}
