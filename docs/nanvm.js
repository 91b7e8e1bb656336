// Snippets come out of functions, with their indentation: it is taken off.
(function () {
    const indentation = (line) => line.textContent.match(/^ */)[0].length;

    function trim(fragment) {
        const lines = [...fragment.querySelectorAll(".line")];
        const written = lines.filter((line) => line.textContent.trim() !== "");
        const least = Math.min(...written.map(indentation));
        written.forEach((line) => {
            let left = least;
            const texts = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
            while (left > 0 && texts.nextNode()) {
                const text = texts.currentNode;
                const cut = Math.min(left, text.data.length);
                text.data = text.data.slice(cut);
                left -= cut;
            }
        });
    }

    document.addEventListener("DOMContentLoaded", () =>
        document.querySelectorAll("div.fragment").forEach(trim));
})();
