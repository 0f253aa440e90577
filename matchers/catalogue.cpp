#include "matchers/catalogue.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <span>

#include "matchers/catalogue_reader.h"
#include "matchers/embedded_file.h"
#include "matchers/prepared.h"

namespace culprit {

std::span<const EmbeddedFile> embedded_catalogue();
std::span<const EmbeddedFile> embedded_translations();

Result<std::unique_ptr<const Catalogue>> Catalogue::load(const std::vector<std::filesystem::path>& directories,
                                                         Examples examples) {
    try {
        auto catalogue = std::make_unique<Catalogue>();
        const auto prepared = prepared_catalogue();
        if (examples == Examples::without && !prepared.empty()) {
            CatalogueReader embedded(*catalogue, CatalogueReader::Compiled::at_first_use, Examples::without);
            for (const auto& file : prepared) embedded.read_prepared(file);
        } else {
            CatalogueReader embedded(*catalogue, CatalogueReader::Compiled::at_first_use);
            for (const auto& file : embedded_catalogue()) embedded.read(std::string(file.name), std::string(file.content));
        }
        CatalogueReader reader(*catalogue, CatalogueReader::Compiled::now);
        for (const auto& directory : directories) {
            std::vector<std::filesystem::path> files;
            std::error_code problem;
            for (const auto& entry : std::filesystem::directory_iterator(directory, problem)) {
                if (entry.path().extension() == ".yaml" || entry.path().extension() == ".yml") files.push_back(entry.path());
            }
            if (problem) return Error{directory.string() + ": this catalogue directory cannot be read: " + problem.message()};
            std::sort(files.begin(), files.end());
            for (const auto& path : files) {
                std::ifstream stream(path, std::ios::binary);
                if (!stream) return Error{path.string() + ": this catalogue file cannot be opened"};
                reader.read(path.string(), std::string(std::istreambuf_iterator<char>(stream), {}));
            }
        }
        for (const auto& file : embedded_translations()) {
            catalogue->server_texts_.add_translations(file.content);
            catalogue->log_texts_.add_translations(file.content);
        }
        catalogue->server_texts_.index();
        catalogue->log_texts_.index();
        catalogue->index_literals();
        return std::unique_ptr<const Catalogue>(std::move(catalogue));
    } catch (const CatalogueProblem& problem) {
        return Error{problem.what()};
    }
}

Result<std::unique_ptr<const Catalogue>> Catalogue::parse(const std::string& name, const std::string& text) {
    try {
        auto catalogue = std::make_unique<Catalogue>();
        CatalogueReader(*catalogue, CatalogueReader::Compiled::now).read(name, text);
        catalogue->server_texts_.index();
        catalogue->log_texts_.index();
        catalogue->index_literals();
        return std::unique_ptr<const Catalogue>(std::move(catalogue));
    } catch (const CatalogueProblem& problem) {
        return Error{problem.what()};
    }
}

bool Catalogue::is_bookkeeping(std::string_view table) const {
    if (const auto dot = table.rfind('.'); dot != std::string_view::npos && bookkeeping_.contains(table.substr(dot + 1)))
        return true;
    return bookkeeping_.contains(table);
}

std::optional<std::string> Catalogue::log_line_in_english(const Record& record) const {
    const auto match = log_texts_.find(record);
    if (!match || match->language.empty()) return std::nullopt;
    const auto pieces = pieces_of(match->english);
    std::string line(pieces.fixed.front());
    for (std::size_t i = 0; i < pieces.arguments.size(); ++i) {
        const auto argument = match->captures.find("argument " + std::to_string(i + 1));
        if (argument != match->captures.end()) line += argument->second;
        line += pieces.fixed[i + 1];
    }
    return line;
}

void Catalogue::index_literals() {
    std::map<std::string, std::vector<std::size_t>> index;
    for (const auto& literal : other_literals_) index[literal];
    for (const auto& literal : log_texts_.literals_of_translations()) index[literal];
    for (std::size_t pattern = 0; pattern < patterns_.size(); ++pattern) {
        // They are tried on records that others found, so the filter need not let a record pass for them.
        // What looks at the lines before is asked by its literal alone, so it is in the filter all the same.
        const bool only_tried = patterns_[pattern].adds_only && !patterns_[pattern].asks_before();
        if (only_tried || patterns_[pattern].says_nothing) continue;
        for (const auto& literal : patterns_[pattern].literals) {
            auto& patterns = index[literal];
            if (patterns.empty() || patterns.back() != pattern) patterns.push_back(pattern);
        }
    }
    for (auto& [literal, patterns] : index) {
        literals_.push_back(literal);
        asks_before_.push_back(
            std::any_of(patterns.begin(), patterns.end(), [&](std::size_t pattern) { return patterns_[pattern].asks_before(); }));
        patterns_of_literal_.push_back(std::move(patterns));
    }
}

}  // namespace culprit
