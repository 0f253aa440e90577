#include "daemon/yaml_reader.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "daemon/text_values.h"

namespace culprit {

namespace {

std::string joined(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

template <class Words>
std::string listed(const Words& words) {
    std::string text;
    for (const auto& word : words) {
        if (!text.empty()) text += ", ";
        text += word;
    }
    return text;
}

}  // namespace

void YamlValue::fail(std::string_view problem) const {
    std::string where = file_;
    if (const YAML::Mark mark = node_.Mark(); !mark.is_null()) where += ":" + std::to_string(mark.line + 1);
    throw ConfigError(where + ": " + (path_.empty() ? "" : path_ + ": ") + std::string(problem));
}

std::string YamlValue::text(std::string_view expected) const {
    if (!node_.IsScalar()) fail("expected " + std::string(expected));
    const std::string& raw = node_.Scalar();
    std::string text;
    for (std::size_t at = 0; at < raw.size();) {
        if (raw.compare(at, 3, "$${") == 0) {
            text += "${";
            at += 3;
            continue;
        }
        if (raw.compare(at, 2, "${") != 0) {
            text += raw[at++];
            continue;
        }
        const std::size_t end = raw.find('}', at);
        if (end == std::string::npos) fail("expected '}' after '${'");
        const std::string name = raw.substr(at + 2, end - at - 2);
        const auto value = (*environment_)(name);
        if (!value) fail("the environment variable " + name + " is not set; set it, or write $${ for a plain ${");
        text += *value;
        at = end + 1;
    }
    return text;
}

std::string YamlValue::word(std::string_view expected) const {
    std::string word = text(expected);
    if (word.empty()) fail("expected " + std::string(expected) + ", not an empty one");
    return word;
}

bool YamlValue::boolean() const {
    const std::string word = text("true or false");
    if (word == "true") return true;
    if (word == "false") return false;
    fail("expected true or false, not '" + word + "'");
}

double YamlValue::number(double least, double greatest) const {
    std::ostringstream expected;
    expected << "a number from " << least << " to " << greatest;
    const std::string word = text(expected.str());
    double number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size() || !(number >= least && number <= greatest)) {
        fail("expected " + expected.str() + ", not '" + word + "'");
    }
    return number;
}

Duration YamlValue::duration(Duration least) const {
    constexpr std::string_view expected = "a duration such as 250ms, 30s, 2m, 1h or 7d";
    const std::string word = text(expected);
    const auto duration = parse_duration(word);
    if (!duration) fail("expected " + std::string(expected) + ", not '" + word + "'");
    if (*duration < least) {
        const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(least).count();
        fail("expected at least " + std::to_string(millis) + "ms, not '" + word + "'");
    }
    return *duration;
}

EventTime YamlValue::time() const {
    constexpr std::string_view expected = "a time such as '2026-02-01T02:00Z'";
    const std::string word = text(expected);
    const auto time = parse_time(word);
    if (!time) fail("expected " + std::string(expected) + ", not '" + word + "'");
    return *time;
}

std::size_t YamlValue::choice(const std::vector<std::string_view>& choices) const {
    const std::string word = text("one of " + listed(choices));
    const auto found = std::find(choices.begin(), choices.end(), word);
    if (found == choices.end()) fail("expected one of " + listed(choices) + ", not '" + word + "'");
    return static_cast<std::size_t>(found - choices.begin());
}

YamlMap YamlValue::map(std::string_view expected) const {
    if (!node_.IsMap()) fail("expected " + std::string(expected));
    return YamlMap(*this);
}

std::vector<YamlValue> YamlValue::list(std::string_view expected) const {
    if (!node_.IsSequence()) fail("expected " + std::string(expected));
    std::vector<YamlValue> values;
    for (std::size_t i = 0; i < node_.size(); ++i) {
        values.emplace_back(node_[i], path_ + "[" + std::to_string(i) + "]", file_, *environment_);
    }
    return values;
}

std::vector<std::string> YamlValue::words(std::string_view expected) const {
    if (node_.IsScalar()) return {word(expected)};
    std::vector<std::string> words;
    for (const YamlValue& item : list(expected)) words.push_back(item.word(expected));
    return words;
}

std::map<std::string, std::string> YamlValue::texts(std::string_view expected) const {
    if (!node_.IsMap()) fail("expected " + std::string(expected));
    std::map<std::string, std::string> texts;
    for (const auto& item : node_) {
        const std::string key = item.first.Scalar();
        const YamlValue value(item.second, joined(path_, key), file_, *environment_);
        if (!texts.emplace(key, value.text("a text")).second) value.fail("given twice");
    }
    return texts;
}

YamlMap::YamlMap(YamlValue value) : value_(std::move(value)) {
    std::set<std::string> seen;
    for (const auto& item : value_.node_) {
        const YamlValue key(item.first, value_.path_, value_.file_, *value_.environment_);
        if (!item.first.IsScalar()) key.fail("expected a plain word as key");
        if (!seen.insert(item.first.Scalar()).second) key.fail("'" + item.first.Scalar() + "' is given twice");
    }
}

std::optional<YamlValue> YamlMap::find(const std::string& key) {
    asked_.push_back(key);
    // By hand: YAML::Node::operator[] would make the key of a node that is not const.
    for (const auto& item : value_.node_) {
        if (item.first.Scalar() == key)
            return YamlValue(item.second, joined(value_.path_, key), value_.file_, *value_.environment_);
    }
    return std::nullopt;
}

YamlValue YamlMap::require(const std::string& key, std::string_view expected) {
    if (auto value = find(key)) return *value;
    YamlValue missing = value_;
    missing.path_ = joined(value_.path_, key);
    missing.fail("is missing; expected " + std::string(expected));
}

std::optional<std::string> YamlMap::secret(const std::string& key) {
    const auto plain = find(key);
    const auto in_file = find(key + "_file");
    if (plain && in_file) in_file->fail("give either " + key + " or " + key + "_file");
    if (plain) return plain->word("a secret");
    if (!in_file) return std::nullopt;
    const std::string path = in_file->word("the path of a file that holds the secret");
    std::ifstream file(path, std::ios::binary);
    if (!file) in_file->fail("the file " + path + " cannot be read");
    std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) content.pop_back();
    if (content.empty()) in_file->fail("the file " + path + " is empty");
    return content;
}

void YamlMap::done() const {
    for (const auto& item : value_.node_) {
        const std::string& key = item.first.Scalar();
        if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
        YamlValue unknown(item.first, joined(value_.path_, key), value_.file_, *value_.environment_);
        unknown.fail("unknown key; expected one of " + listed(asked_));
    }
}

std::string YamlMap::only_key(std::string_view expected) const {
    if (value_.node_.size() != 1) value_.fail("expected " + std::string(expected));
    return value_.node_.begin()->first.Scalar();
}

YamlValue read_yaml(const std::string& text, const std::string& file, const Environment& environment) {
    try {
        return YamlValue(YAML::Load(text), "", file, environment);
    } catch (const YAML::Exception& error) {
        throw ConfigError(file + ":" + std::to_string(error.mark.line + 1) + ": this is not YAML: " + error.msg);
    }
}

}  // namespace culprit
