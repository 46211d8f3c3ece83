// Parts lie beside this script and are named after it. What failed is tried again when it is asked
// for again. Whoever asks is called back with whether all is there.
const loadedParts = {};
function loadPart(name) {
    return loadedParts[name] ??= fetch(import.meta.url.replace(/\.js$/, `-${name}.wasm`))
        .then(answer => answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(answer.status)))
        .then(program => WebAssembly.instantiate(program, { __wasm_split: wasm }))
        .catch(error => {
            delete loadedParts[name];
            throw error;
        });
}
function partLoader(names) {
    return async (callback, data) => {
        let isThere = 1;
        try {
            await Promise.all(names.map(loadPart));
        } catch (error) {
            console.warn(error);
            isThere = 0;
        }
        wasm.__indirect_function_table.get(callback)(data, isThere);
    };
}
