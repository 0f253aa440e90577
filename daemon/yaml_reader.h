#pragma once
// Reads the configuration's YAML strictly: what is not expected is an error that names file, line, key and what was expected.
// Start-up only: failures are ConfigError exceptions, which load_config turns into a Result.
#include <yaml-cpp/yaml.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/event_time.h"

namespace culprit {

struct ConfigError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Looks an environment variable up.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

class YamlMap;

/// One value, and the way to it (`sources[0].kafka.topics`).
class YamlValue {
   public:
    YamlValue(YAML::Node node, std::string path, std::string file, const Environment& environment)
        : node_(std::move(node)), path_(std::move(path)), file_(std::move(file)), environment_(&environment) {}

    /// A scalar, with `${NAME}` replaced by the environment's value (`$${` stands for a plain `${`).
    std::string text(std::string_view expected) const;
    /// The same, but not empty.
    std::string word(std::string_view expected) const;
    bool boolean() const;
    double number(double least, double greatest) const;
    Duration duration(Duration least) const;
    EventTime time() const;
    /// One of `choices`; its index.
    std::size_t choice(const std::vector<std::string_view>& choices) const;

    YamlMap map(std::string_view expected) const;
    std::vector<YamlValue> list(std::string_view expected) const;
    /// A list of scalars; a single scalar is a list of one.
    std::vector<std::string> words(std::string_view expected) const;
    /// A map of scalars.
    std::map<std::string, std::string> texts(std::string_view expected) const;

    const std::string& path() const { return path_; }
    /// `file:line: path: problem`
    [[noreturn]] void fail(std::string_view problem) const;

   private:
    friend class YamlMap;
    YAML::Node node_;
    std::string path_, file_;
    const Environment* environment_;
};

/// A map whose keys are all to be asked for: `done()` refuses those that were not.
class YamlMap {
   public:
    explicit YamlMap(YamlValue value);
    std::optional<YamlValue> find(const std::string& key);
    YamlValue require(const std::string& key, std::string_view expected);
    /// `key`, or the content of the file named by `key_file`, without the line break at its end.
    std::optional<std::string> secret(const std::string& key);
    void done() const;
    /// The only key, of a map that chooses one of several kinds (`- kafka: {…}`).
    std::string only_key(std::string_view expected) const;
    const YamlValue& value() const { return value_; }

   private:
    YamlValue value_;
    std::vector<std::string> asked_;
};

/// The document in `text`. `file` is what errors call it.
YamlValue read_yaml(const std::string& text, const std::string& file, const Environment& environment);

}  // namespace culprit
