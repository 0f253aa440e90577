#pragma once
// The symptoms of one fingerprint within one second, counted. Additive: any number of tallies may share a key, and adding
// them up in any order gives the same sum. That is what lets partitions, batches and redeliveries be cut anywhere.
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "matchers/signal.h"

namespace culprit {

/// What makes two symptoms the same problem. Not the message text.
struct Fingerprint {
    std::string environment;
    std::string database;  // empty where the record does not know (most application logs)
    std::string kind;
    std::string name;  // the most specific one: constraint, else column, else relation, else SQLSTATE
    auto operator<=>(const Fingerprint&) const = default;
};

Fingerprint fingerprint_of(const Signal& symptom);

struct TallyKey {
    Fingerprint fingerprint;
    std::string service;  // a database's symptoms are told apart by who met them
    std::chrono::sys_seconds second{};
    Side side = Side::application;
    auto operator<=>(const TallyKey&) const = default;
};

/// Distinct values counted by the K smallest hashes (Bar-Yossef et al. 2002, "KMV"): exact up to K, about 1/sqrt(K) off beyond.
/// A set union, so merging is commutative, associative and idempotent.
class DistinctSketch {
   public:
    static constexpr std::size_t kLimit = 128;
    void add(std::uint64_t hash);
    void add(std::string_view value);
    void merge(const DistinctSketch& other);
    std::uint64_t estimate() const;
    const std::set<std::uint64_t>& hashes() const { return smallest_; }
    auto operator<=>(const DistinctSketch&) const = default;

   private:
    std::set<std::uint64_t> smallest_;
};

/// A few occurrences kept to be shown. The three least by (time, hash): a function of the set, not of the order.
struct Sample {
    EventTime time{};
    std::uint64_t hash = 0;  // of the rest, so that equal times still have an order
    std::string message, detail, statement;
    std::string service, host, session_id;
    SourcePosition source;
    auto operator<=>(const Sample&) const = default;
};

struct Tally {
    static constexpr std::size_t kSamples = 3;
    static constexpr std::size_t kNames =
        32;  // services, hosts, releases… kept by name; the least ones, so that merging commutes
    static constexpr std::size_t kLinks = 8;  // the same

    TallyKey key;
    std::uint64_t count = 0;
    EventTime first{}, last{};
    // What the symptoms knew about their object. Where they differ the least non-empty one stands, so that order cannot matter.
    std::string sqlstate, schema, table, column, constraint, referenced_table;
    std::vector<std::string> key_columns;
    std::uint64_t key_from_default = 0,
                  key_explicit = 0;  // unique violations whose statement left the key to its default, or gave it
    std::set<std::string> hosts, releases, application_names, database_users;
    std::set<Link> links;
    DistinctSketch users, keys, sessions;
    std::vector<Sample> samples;  // ordered

    /// Adds what `other` counted. Requires equal keys.
    void merge(const Tally& other);
};

/// Adds up symptoms. Owned by one thread.
class TallyTable {
   public:
    /// Requires a symptom.
    void add(const Signal& symptom);
    void add(const Tally& tally);
    /// All tallies in key order; leaves the table empty.
    std::vector<Tally> drain();
    std::size_t size() const { return tallies_.size(); }

   private:
    std::map<TallyKey, Tally> tallies_;
};

}  // namespace culprit
