#pragma once
// Reads catalogue files into a Catalogue. Lives only while it is loaded.
#include <yaml-cpp/yaml.h>

#include <initializer_list>
#include <stdexcept>
#include <string>

#include "matchers/catalogue.h"
#include "matchers/prepared.h"

namespace culprit {

/// `file:line: what was expected`.
class CatalogueProblem : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
};

class CatalogueReader {
   public:
    /// When expressions are compiled: an operator's now, so that a mistake ends the start and not a recognition; those of the
    /// embedded catalogue, which tests compile, when they are first used.
    enum class Compiled { now, at_first_use };

    CatalogueReader(Catalogue& catalogue, Compiled when, Catalogue::Examples examples = Catalogue::Examples::with)
        : catalogue_(catalogue), when_(when), examples_(examples) {}
    /// Throws CatalogueProblem.
    void read(const std::string& name, const std::string& text);
    void read_prepared(const PreparedFile& file);

   private:
    [[noreturn]] void fail(const YAML::Node& node, const std::string& expected) const;
    std::string where(const YAML::Node& node) const;
    void only_keys(const YAML::Node& node, std::initializer_list<const char*> known) const;
    std::string text_of(const YAML::Node& node, const char* key) const;
    std::vector<std::string> texts_of(const YAML::Node& node) const;
    std::unique_ptr<const Expression> expression(const YAML::Node& node, const std::string& text) const;

    Pattern read_pattern(const YAML::Node& node) const;
    void read_log_text(const std::string& text);
    void read_message(const YAML::Node& node);
    void read_conditions(const YAML::Node& node, Pattern& pattern) const;
    void read_what_it_says(const YAML::Node& node, Pattern& pattern) const;
    void read_introductions(const YAML::Node& node);
    void derive_literals(const YAML::Node& node, const std::string& match, Pattern& pattern) const;
    void take_examples(const YAML::Node& node, Pattern& pattern) const;
    std::vector<Example> read_examples(const YAML::Node& node, const Pattern& pattern) const;
    void read_server_text(const std::string& sqlstate, const YAML::Node& node) const;
    void read_narrators(const YAML::Node& node);
    void read_slow_statements(const YAML::Node& node);
    void add(Pattern pattern);

    Catalogue& catalogue_;
    Compiled when_;
    Catalogue::Examples examples_;
    std::string file_;
    std::string tool_;  // of the file being read
    std::string docs_;
};

}  // namespace culprit
