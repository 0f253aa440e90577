#include "matchers/tally.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <limits>

namespace culprit {
namespace {

bool is_relation(const DatabaseObject& object) {
    for (const std::string_view type : {"table", "relation", "view", "sequence", "index", "function", "type", "schema", "file"}) {
        if (object.type == type) return !object.name.empty();
    }
    return false;
}

void keep_least(std::string& mine, const std::string& other) {
    if (!other.empty() && (mine.empty() || other < mine)) mine = other;
}

void keep_least(std::vector<std::string>& mine, const std::vector<std::string>& other) {
    if (!other.empty() && (mine.empty() || other < mine)) mine = other;
}

void add_names(std::set<std::string>& mine, const std::set<std::string>& other) {
    for (const auto& name : other) {
        if (!name.empty()) mine.insert(name);
    }
    while (mine.size() > Tally::kNames) mine.erase(std::prev(mine.end()));
}

void add_name(std::set<std::string>& mine, const std::string& name) {
    if (name.empty() || mine.contains(name)) return;
    mine.insert(name);
    if (mine.size() > Tally::kNames) mine.erase(std::prev(mine.end()));
}

void add_links(std::set<Link>& mine, const Link& link) {
    mine.insert(link);
    if (mine.size() > Tally::kLinks) mine.erase(std::prev(mine.end()));
}

void add_samples(std::vector<Sample>& mine, const std::vector<Sample>& other) {
    mine.insert(mine.end(), other.begin(), other.end());
    std::sort(mine.begin(), mine.end());
    if (mine.size() > Tally::kSamples) mine.resize(Tally::kSamples);
}

/// Of everything but the time. The parts' lengths go in, so that they cannot run into each other.
/// Of what was said, not of where it was read: the same logs through Kafka and from a file keep the same samples.
std::uint64_t hash_of(const Sample& sample) {
    std::uint64_t hash = 0;
    const auto mix = [&hash](std::string_view part) {
        hash = XXH3_64bits_withSeed(part.data(), part.size(), hash + part.size());
    };
    for (const auto* part :
         {&sample.message, &sample.detail, &sample.statement, &sample.service, &sample.host, &sample.session_id})
        mix(*part);
    return hash;
}

Sample sample_of(const Signal& symptom) {
    Sample sample;
    sample.time = symptom.time;
    sample.message = symptom.message;
    sample.detail = symptom.detail;
    sample.statement = symptom.statement;
    sample.service = symptom.scope.service;
    sample.host = symptom.scope.host;
    if (symptom.postgresql) sample.session_id = symptom.postgresql->session_id;
    sample.source = symptom.source;
    sample.hash = hash_of(sample);
    return sample;
}

/// Keeps the sample when it is one of the least; most are not, by their time alone, and are not made.
void add_sample(std::vector<Sample>& mine, const Signal& symptom) {
    if (mine.size() >= Tally::kSamples && mine.back().time < symptom.time) return;
    Sample sample = sample_of(symptom);
    mine.insert(std::upper_bound(mine.begin(), mine.end(), sample), std::move(sample));
    if (mine.size() > Tally::kSamples) mine.resize(Tally::kSamples);
}

/// What a symptom's objects know; an empty text for what none does. The first object that knows a part says it: objects are
/// ordered by how specific they are.
struct Parts {
    const std::string *schema, *table, *column, *constraint, *referenced_table;
};

Parts parts_of(const Signal& symptom) {
    static const std::string none;
    Parts parts{&none, &none, &none, &none, &none};
    const auto take = [](const std::string*& mine, const std::string& theirs) {
        if (mine->empty()) mine = &theirs;
    };
    for (const auto& object : symptom.objects) {
        take(parts.schema, object.type == "schema" ? object.name : object.schema);
        const bool is_table = object.type == "table" || object.type == "relation" || object.type == "view";
        take(parts.table, is_table ? object.name : object.table);
        take(parts.column, object.type == "column" && object.column.empty() ? object.name : object.column);
        take(parts.constraint, object.type == "constraint" ? object.name : object.constraint);
        take(parts.referenced_table, object.referenced_table);
    }
    return parts;
}

}  // namespace

Fingerprint fingerprint_of(const Signal& symptom) {
    Fingerprint fingerprint{symptom.scope.environment, symptom.scope.database, symptom.kind, {}};
    for (const auto& object : symptom.objects) {
        const std::string& name = object.type == "constraint" ? object.name : object.constraint;
        if (!name.empty()) {
            fingerprint.name = name;
            return fingerprint;
        }
    }
    for (const auto& object : symptom.objects) {
        if (object.type != "column") continue;
        const std::string& column = object.name.empty() ? object.column : object.name;
        if (column.empty()) continue;
        fingerprint.name = object.table.empty() ? column : object.table + "." + column;
        return fingerprint;
    }
    // An ORM may know no more than the key's columns.
    if (symptom.side == Side::application && symptom.objects.empty() && !symptom.key_columns.empty()) {
        for (const auto& column : symptom.key_columns) fingerprint.name += (fingerprint.name.empty() ? "" : ", ") + column;
        return fingerprint;
    }
    const auto relation = std::find_if(symptom.objects.begin(), symptom.objects.end(), is_relation);
    fingerprint.name = relation == symptom.objects.end() ? symptom.sqlstate : relation->name;
    return fingerprint;
}

void DistinctSketch::add(std::uint64_t hash) {
    if (smallest_.size() >= kLimit && hash >= *smallest_.rbegin()) return;
    smallest_.insert(hash);
    if (smallest_.size() > kLimit) smallest_.erase(std::prev(smallest_.end()));
}

void DistinctSketch::add(std::string_view value) { add(XXH3_64bits(value.data(), value.size())); }

void DistinctSketch::merge(const DistinctSketch& other) {
    for (const auto hash : other.smallest_) add(hash);
}

std::uint64_t DistinctSketch::estimate() const {
    if (smallest_.size() < kLimit) return smallest_.size();
    const double largest =
        static_cast<double>(*smallest_.rbegin()) / static_cast<double>(std::numeric_limits<std::uint64_t>::max());
    const double estimate = static_cast<double>(kLimit - 1) / std::max(largest, 1e-18);
    return std::max<std::uint64_t>(kLimit, static_cast<std::uint64_t>(estimate));
}

void Tally::merge(const Tally& other) {
    if (other.count > 0) {
        first = count == 0 ? other.first : std::min(first, other.first);
        last = count == 0 ? other.last : std::max(last, other.last);
    }
    count += other.count;
    keep_least(sqlstate, other.sqlstate);
    keep_least(schema, other.schema);
    keep_least(table, other.table);
    keep_least(column, other.column);
    keep_least(constraint, other.constraint);
    keep_least(referenced_table, other.referenced_table);
    keep_least(key_columns, other.key_columns);
    key_from_default += other.key_from_default;
    key_explicit += other.key_explicit;
    add_names(hosts, other.hosts);
    add_names(releases, other.releases);
    add_names(application_names, other.application_names);
    add_names(database_users, other.database_users);
    for (const Link& link : other.links) add_links(links, link);
    users.merge(other.users);
    keys.merge(other.keys);
    sessions.merge(other.sessions);
    add_samples(samples, other.samples);
}

void TallyTable::add(const Signal& symptom) {
    // Into the tally that is there, not by way of one of its own: in a storm this is what an error costs behind its recognition.
    const TallyKey key{fingerprint_of(symptom), symptom.scope.service, std::chrono::floor<std::chrono::seconds>(symptom.time),
                       symptom.side};
    const auto [place, is_new] = tallies_.try_emplace(key);
    Tally& tally = place->second;
    if (is_new) tally.key = key;
    tally.first = tally.count == 0 ? symptom.time : std::min(tally.first, symptom.time);
    tally.last = tally.count == 0 ? symptom.time : std::max(tally.last, symptom.time);
    tally.count += 1;
    keep_least(tally.sqlstate, symptom.sqlstate);
    const auto parts = parts_of(symptom);
    keep_least(tally.schema, *parts.schema);
    keep_least(tally.table, *parts.table);
    keep_least(tally.column, *parts.column);
    keep_least(tally.constraint, *parts.constraint);
    keep_least(tally.referenced_table, *parts.referenced_table);
    keep_least(tally.key_columns, symptom.key_columns);
    if (symptom.key_from_default) ++(*symptom.key_from_default ? tally.key_from_default : tally.key_explicit);
    add_name(tally.hosts, symptom.scope.host);
    add_name(tally.releases, symptom.scope.release);
    for (const Link& link : symptom.links) add_links(tally.links, link);
    if (symptom.postgresql) {
        add_name(tally.application_names, symptom.postgresql->application_name);
        add_name(tally.database_users, symptom.postgresql->user);
        if (!symptom.postgresql->session_id.empty()) tally.sessions.add(std::string_view{symptom.postgresql->session_id});
    }
    if (!symptom.user.empty()) tally.users.add(std::string_view{symptom.user});
    if (!symptom.key_hash.empty()) tally.keys.add(std::string_view{symptom.key_hash});
    add_sample(tally.samples, symptom);
}

void TallyTable::add(const Tally& tally) {
    const auto [place, is_new] = tallies_.try_emplace(tally.key);
    if (is_new) place->second.key = tally.key;
    place->second.merge(tally);
}

std::vector<Tally> TallyTable::drain() {
    std::vector<Tally> drained;
    drained.reserve(tallies_.size());
    for (auto& [key, tally] : tallies_) drained.push_back(std::move(tally));
    tallies_.clear();
    return drained;
}

}  // namespace culprit
