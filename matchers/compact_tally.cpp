#include "matchers/compact_tally.h"

#include <bit>
#include <cstring>

namespace culprit {
namespace {

constexpr char kMark = 0x02;
constexpr char kVersion = 1;
static_assert(std::endian::native == std::endian::little, "hashes are written as they lie in memory");

class Writer {
   public:
    Writer() { bytes_.reserve(512); }
    void number(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
        bytes_ += static_cast<char>(value);
    }
    void whole(std::int64_t value) { number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63)); }
    void time(EventTime time) { whole(to_micros(time)); }
    void text(std::string_view text) {
        number(text.size());
        bytes_ += text;
    }
    template <class Texts>
    void texts(const Texts& texts) {
        number(texts.size());
        for (const auto& each : texts) text(each);
    }
    void hash(std::uint64_t hash) { bytes_.append(reinterpret_cast<const char*>(&hash), sizeof hash); }
    void sketch(const DistinctSketch& sketch) {
        number(sketch.hashes().size());
        for (const std::uint64_t each : sketch.hashes()) hash(each);
    }
    void byte(char byte) { bytes_ += byte; }
    std::string done() { return std::move(bytes_); }

   private:
    std::string bytes_;
};

/// Reads what the Writer wrote. Once something is missing everything behind it is empty, and `whole()` says so.
class Reader {
   public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (rest_.empty()) break;
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
        fail();
        return 0;
    }
    std::int64_t whole_number() {
        const std::uint64_t value = number();
        return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
    }
    EventTime time() { return from_micros(whole_number()); }
    std::string_view view() {
        const std::uint64_t size = number();
        if (size > rest_.size()) {
            fail();
            return {};
        }
        const auto text = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return text;
    }
    void text(std::string& into) { into = view(); }
    /// Each element takes a byte at least, so that a wrong count cannot ask for memory.
    std::size_t count() {
        const std::uint64_t count = number();
        if (count <= rest_.size()) return count;
        fail();
        return 0;
    }
    void texts(std::vector<std::string>& into) {
        for (std::size_t left = count(); left > 0 && !failed_; --left) into.emplace_back(view());
    }
    void texts(std::set<std::string>& into) {
        for (std::size_t left = count(); left > 0 && !failed_; --left) into.emplace_hint(into.end(), view());
    }
    std::uint64_t hash() {
        std::uint64_t hash = 0;
        if (rest_.size() < sizeof hash) {
            fail();
            return 0;
        }
        std::memcpy(&hash, rest_.data(), sizeof hash);
        rest_.remove_prefix(sizeof hash);
        return hash;
    }
    void sketch(DistinctSketch& into) {
        for (std::size_t left = count(); left > 0 && !failed_; --left) into.add(hash());
    }
    template <class Enum>
    Enum choice(Enum last) {
        const std::uint64_t value = number();
        if (value > static_cast<std::uint64_t>(last)) fail();
        return failed_ ? Enum{} : static_cast<Enum>(value);
    }
    char byte() {
        if (rest_.empty()) fail();
        const char byte = rest_.empty() ? '\0' : rest_.front();
        if (!rest_.empty()) rest_.remove_prefix(1);
        return byte;
    }
    bool failed() const { return failed_; }
    bool whole() const { return !failed_ && rest_.empty(); }

   private:
    void fail() {
        failed_ = true;
        rest_ = {};
    }
    std::string_view rest_;
    bool failed_ = false;
};

void write(Writer& to, const Sample& sample) {
    to.time(sample.time);
    to.hash(sample.hash);
    for (const std::string* text :
         {&sample.message, &sample.detail, &sample.statement, &sample.service, &sample.host, &sample.session_id})
        to.text(*text);
    to.number(static_cast<std::uint64_t>(sample.source.input.type));
    to.text(sample.source.input.name);
    to.whole(sample.source.input.partition);
    to.whole(sample.source.offset.value);
    to.number(sample.source.line ? *sample.source.line + 1 : 0);
}

Sample read_sample(Reader& from) {
    Sample sample;
    sample.time = from.time();
    sample.hash = from.hash();
    for (std::string* text :
         {&sample.message, &sample.detail, &sample.statement, &sample.service, &sample.host, &sample.session_id})
        from.text(*text);
    sample.source.input.type = from.choice(SourceType::http);
    from.text(sample.source.input.name);
    sample.source.input.partition = static_cast<int>(from.whole_number());
    sample.source.offset.value = from.whole_number();
    if (const std::uint64_t line = from.number(); line > 0) sample.source.line = line - 1;
    return sample;
}

}  // namespace

bool is_compact_tally(std::string_view bytes) { return !bytes.empty() && bytes.front() == kMark; }

std::string compact(const Tally& tally) {
    Writer to;
    to.byte(kMark);
    to.byte(kVersion);
    const Fingerprint& fingerprint = tally.key.fingerprint;
    for (const std::string* text :
         {&fingerprint.environment, &fingerprint.database, &fingerprint.kind, &fingerprint.name, &tally.key.service})
        to.text(*text);
    to.whole(tally.key.second.time_since_epoch().count());
    to.number(static_cast<std::uint64_t>(tally.key.side));
    to.number(tally.count);
    to.time(tally.first);
    to.time(tally.last);
    for (const std::string* text :
         {&tally.sqlstate, &tally.schema, &tally.table, &tally.column, &tally.constraint, &tally.referenced_table})
        to.text(*text);
    to.texts(tally.key_columns);
    to.number(tally.key_from_default);
    to.number(tally.key_explicit);
    for (const auto* names : {&tally.hosts, &tally.releases, &tally.application_names, &tally.database_users}) to.texts(*names);
    for (const auto* sketch : {&tally.users, &tally.keys, &tally.sessions}) to.sketch(*sketch);
    to.number(tally.samples.size());
    for (const Sample& sample : tally.samples) write(to, sample);
    return to.done();
}

std::optional<Tally> read_compact_tally(std::string_view bytes) {
    Reader from(bytes);
    if (from.byte() != kMark || from.byte() != kVersion) return std::nullopt;
    Tally tally;
    Fingerprint& fingerprint = tally.key.fingerprint;
    for (std::string* text :
         {&fingerprint.environment, &fingerprint.database, &fingerprint.kind, &fingerprint.name, &tally.key.service})
        from.text(*text);
    tally.key.second = std::chrono::sys_seconds{std::chrono::seconds{from.whole_number()}};
    tally.key.side = from.choice(Side::server);
    tally.count = from.number();
    tally.first = from.time();
    tally.last = from.time();
    for (std::string* text :
         {&tally.sqlstate, &tally.schema, &tally.table, &tally.column, &tally.constraint, &tally.referenced_table})
        from.text(*text);
    from.texts(tally.key_columns);
    tally.key_from_default = from.number();
    tally.key_explicit = from.number();
    for (auto* names : {&tally.hosts, &tally.releases, &tally.application_names, &tally.database_users}) from.texts(*names);
    for (auto* sketch : {&tally.users, &tally.keys, &tally.sessions}) from.sketch(*sketch);
    for (std::size_t left = from.count(); left > 0 && !from.failed(); --left) tally.samples.push_back(read_sample(from));
    if (!from.whole()) return std::nullopt;
    return tally;
}

}  // namespace culprit
