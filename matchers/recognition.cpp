#include "matchers/recognition.h"

#include "matchers/catalogue.h"
#include "matchers/literal_filter.h"

namespace culprit {

Recognition::Recognition() = default;
Recognition::~Recognition() = default;

Result<std::unique_ptr<const Recognition>> Recognition::load(const std::vector<std::filesystem::path>&,
                                                             RedactionPolicy redaction) {
    std::unique_ptr<Recognition> recognition(new Recognition);
    auto filter = LiteralFilter::compile({"violates", "23505", "23503", "42P01", "statement: "});
    if (!filter.ok()) return filter.error();
    recognition->catalogue_ = std::make_unique<Catalogue>();
    recognition->filter_ = std::move(filter).value();
    recognition->redactor_ = std::make_unique<Redactor>(std::move(redaction));
    return std::unique_ptr<const Recognition>(std::move(recognition));
}

std::vector<Signal> Recognition::recognise(const Record&) const { return {}; }

}  // namespace culprit
