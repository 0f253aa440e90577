#pragma once
// Reads catalogue files into a Catalogue. Lives only while it is loaded.
#include <yaml-cpp/yaml.h>

#include <initializer_list>
#include <stdexcept>
#include <string>

#include "matchers/catalogue.h"

namespace culprit {

/// `file:line: what was expected`.
class CatalogueProblem : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
};

class CatalogueReader {
   public:
    explicit CatalogueReader(Catalogue& catalogue) : catalogue_(catalogue) {}
    /// Throws CatalogueProblem.
    void read(const std::string& name, const std::string& text);

   private:
    [[noreturn]] void fail(const YAML::Node& node, const std::string& expected) const;
    std::string where(const YAML::Node& node) const;
    void only_keys(const YAML::Node& node, std::initializer_list<const char*> known) const;
    std::string text_of(const YAML::Node& node, const char* key) const;
    std::vector<std::string> texts_of(const YAML::Node& node) const;
    std::unique_ptr<const re2::RE2> expression(const YAML::Node& node, const std::string& text) const;

    Pattern read_pattern(const YAML::Node& node) const;
    void read_message(const YAML::Node& node);
    void read_conditions(const YAML::Node& node, Pattern& pattern) const;
    void read_what_it_says(const YAML::Node& node, Pattern& pattern) const;
    void read_introductions(const YAML::Node& node);
    void derive_literals(const YAML::Node& node, const std::string& match, Pattern& pattern) const;
    std::vector<Example> read_examples(const YAML::Node& node, const Pattern& pattern) const;
    void read_slow_statements(const YAML::Node& node);
    void add(Pattern pattern);

    Catalogue& catalogue_;
    std::string file_;
    std::string tool_;  // of the file being read
    std::string docs_;
};

}  // namespace culprit
