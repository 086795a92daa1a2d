/** An object's storage with the bounds of production: local workerd lets larger parameters pass. */

const PARAMETER_BYTES_MAX = 2_000_000;
const PARAMETERS_MAX = 100;

/** The same storage, which refuses what production would. `onStatement` hears of every statement. */
export function strict(storage: DurableObjectStorage, onStatement?: (statement: string) => void): DurableObjectStorage {
	const exec = (statement: string, ...bindings: SqlStorageValue[]) => {
		onStatement?.(statement);
		if (bindings.length > PARAMETERS_MAX) throw new Error(`A statement takes ${PARAMETERS_MAX} parameters at most.`);
		for (const binding of bindings) {
			const bytes = typeof binding === "string" ? new TextEncoder().encode(binding).length : 0;
			if (bytes > PARAMETER_BYTES_MAX) throw new Error(`A parameter of ${bytes} bytes: string or blob too big.`);
		}
		return storage.sql.exec(statement, ...bindings);
	};
	const transactionSync = <T>(work: () => T): T => storage.transactionSync(work);
	return { sql: { exec }, transactionSync } as unknown as DurableObjectStorage;
}
